module timecoin.dev/runc-wrapper

go 1.21
