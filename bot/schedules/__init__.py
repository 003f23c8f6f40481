"""When something is due: schedules, zones and crontab lines, as values without a clock."""
