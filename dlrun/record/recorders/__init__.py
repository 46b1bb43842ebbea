"""What records a run beside its folder, by name: group `recorder`, a file each; see `record.recorder.Recorder`."""
