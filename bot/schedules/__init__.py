"""When something is due: schedules and time zones, as values without a clock."""
