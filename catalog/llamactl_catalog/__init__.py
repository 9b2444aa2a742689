"""What is true: models, licenses, prompt formats. Pure, and below every other package."""
