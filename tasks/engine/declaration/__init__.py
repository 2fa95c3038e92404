"""What an operation or flow is: its message, answer, fields, suspension points and checks."""
