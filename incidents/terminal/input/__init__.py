"""What people type: projects, names, values, words of the site."""
