"""What people and Apps do: each act checks GitHub's rules, changes the state and emits the webhook."""
