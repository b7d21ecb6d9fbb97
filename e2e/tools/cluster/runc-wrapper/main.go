// An OCI runtime for machines whose bounding set lacks CAP_SYS_RESOURCE, where a privileged
// container fails with "unable to apply caps". It removes that one capability from what is about
// to be started (the bundle's config.json for create and run, the process file for exec) and then
// becomes runc. Every other command passes through untouched. The engine calls it; engine.ts
// builds it, only where the capability is missing.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

const missing = "CAP_SYS_RESOURCE"

// The real runtime; set at build time.
var runtimePath = "/usr/sbin/runc"

func main() {
	if path := fileToEdit(os.Args[1:]); path != "" {
		if err := editFile(path); err != nil {
			fmt.Fprintf(os.Stderr, "runc-wrapper: %s: %v\n", path, err)
			os.Exit(1)
		}
	}
	argv := append([]string{runtimePath}, os.Args[1:]...)
	err := syscall.Exec(runtimePath, argv, os.Environ())
	fmt.Fprintf(os.Stderr, "runc-wrapper: %s: %v\n", runtimePath, err)
	os.Exit(1)
}

// fileToEdit returns the file that names the capabilities of the process that the command line
// would start, or "" where it starts none.
func fileToEdit(args []string) string {
	command, rest := splitCommand(args)
	switch command {
	case "create", "run":
		bundle := flagValue(rest, "bundle", "b")
		return filepath.Join(bundle, "config.json")
	case "exec":
		return flagValue(rest, "process", "p")
	}
	return ""
}

// splitCommand skips runc's global flags, of which these take a value.
func splitCommand(args []string) (string, []string) {
	takesValue := map[string]bool{"root": true, "log": true, "log-format": true, "criu": true, "rootless": true}
	for i := 0; i < len(args); i++ {
		if !strings.HasPrefix(args[i], "-") {
			return args[i], args[i+1:]
		}
		if takesValue[strings.TrimLeft(args[i], "-")] {
			i++
		}
	}
	return "", nil
}

func flagValue(args []string, long, short string) string {
	for i, arg := range args {
		if !strings.HasPrefix(arg, "-") {
			continue
		}
		name, value, joined := strings.Cut(strings.TrimLeft(arg, "-"), "=")
		if name != long && name != short {
			continue
		}
		if joined {
			return value
		}
		if i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

func editFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	after, err := withoutCapability(before)
	if err != nil {
		return err
	}
	return os.WriteFile(path, after, info.Mode())
}

// withoutCapability drops the capability from every set of the document's process. Numbers keep
// their digits (UseNumber), so that nothing else changes its value.
func withoutCapability(document []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var root map[string]any
	if err := decoder.Decode(&root); err != nil {
		return nil, err
	}
	process := root // the process file of exec is the process itself
	if nested, ok := root["process"].(map[string]any); ok {
		process = nested
	}
	sets, _ := process["capabilities"].(map[string]any)
	for name, value := range sets {
		list, _ := value.([]any)
		kept := make([]any, 0, len(list))
		for _, capability := range list {
			if capability != missing {
				kept = append(kept, capability)
			}
		}
		sets[name] = kept
	}
	return json.Marshal(root)
}
