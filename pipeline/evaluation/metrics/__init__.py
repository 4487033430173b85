"""One metric a file: functions of numbers and pictures."""
