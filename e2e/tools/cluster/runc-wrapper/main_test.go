package main

import "testing"

func TestFileToEdit(t *testing.T) {
	cases := []struct {
		args []string
		want string
	}{
		{[]string{"--root", "/run/r", "--log", "/l", "--log-format", "json", "create", "--bundle", "/b", "--pid-file", "/p", "id"}, "/b/config.json"},
		{[]string{"--systemd-cgroup", "run", "-b", "/b", "id"}, "/b/config.json"},
		{[]string{"run", "--bundle=/b", "id"}, "/b/config.json"},
		{[]string{"run", "id"}, "config.json"},
		{[]string{"--root", "create", "exec", "--process", "/p.json", "id"}, "/p.json"},
		{[]string{"exec", "id", "sh"}, ""},
		{[]string{"delete", "--force", "id"}, ""},
		{[]string{"--version"}, ""},
	}
	for _, c := range cases {
		if got := fileToEdit(c.args); got != c.want {
			t.Errorf("fileToEdit(%v) = %q, want %q", c.args, got, c.want)
		}
	}
}

func TestWithoutCapability(t *testing.T) {
	bundle := `{"linux":{"resources":{"memory":{"limit":9223372036854771712}}},"process":{"capabilities":{"bounding":["CAP_CHOWN","CAP_SYS_RESOURCE"],"effective":["CAP_SYS_RESOURCE"]},"oomScoreAdj":0}}`
	want := `{"linux":{"resources":{"memory":{"limit":9223372036854771712}}},"process":{"capabilities":{"bounding":["CAP_CHOWN"],"effective":[]},"oomScoreAdj":0}}`
	got, err := withoutCapability([]byte(bundle))
	if err != nil || string(got) != want {
		t.Errorf("bundle: %s, %v", got, err)
	}
	got, err = withoutCapability([]byte(`{"capabilities":{"permitted":["CAP_SYS_RESOURCE","CAP_KILL"]},"cwd":"/"}`))
	if err != nil || string(got) != `{"capabilities":{"permitted":["CAP_KILL"]},"cwd":"/"}` {
		t.Errorf("process: %s, %v", got, err)
	}
	if _, err := withoutCapability([]byte("not JSON")); err == nil {
		t.Error("a broken document must be refused")
	}
}
