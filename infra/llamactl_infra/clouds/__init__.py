"""One package a cloud: the resources that a spec asks for, declared without a call to the cloud."""
