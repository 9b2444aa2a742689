"""What goes in the box: engines, their launch settings, and the weights they serve."""
