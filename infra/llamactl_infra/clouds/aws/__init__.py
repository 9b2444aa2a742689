"""SageMaker: one real-time or asynchronous endpoint, with all that belongs to it."""
