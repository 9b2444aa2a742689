"""What each cloud decides of a spec by itself, before anything is asked of it."""
