"""Trying what the organisation adds to the form of its reports. A child process imports `logo_trial` alone."""
