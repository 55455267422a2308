"""What every command and the demonstration share: options, how an answer is shown, how a run ends."""
