// The driver of a store in Go. Put your store's calls in place of the lines that read and write the file.
package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"interloper"
)

type files struct {
	interloper.Unsupported
	path string
}

func (f *files) Hello() interloper.Hello {
	return interloper.Hello{
		Name: "files", Version: "1.0.0", Keeps: []string{"data"}, Ops: []string{"save", "load", "delete"},
		Setups: []interloper.Setup{{Name: "file", At: "file", OneSession: true}},
	}
}

func (f *files) Open(at interloper.Open) error {
	f.path = at.Path
	return nil
}

func (f *files) Save(id string, session *interloper.Session) error {
	text, err := json.Marshal(session.Data)
	if err != nil {
		return err
	}
	return os.WriteFile(f.path, text, 0o666)
}

func (f *files) Load(id string) (*interloper.Session, error) {
	text, err := os.ReadFile(f.path)
	if err != nil {
		return nil, err
	}
	session := &interloper.Session{}
	if err := json.Unmarshal(text, &session.Data); err != nil {
		return nil, interloper.Failure{Kind: "corrupt", Message: err.Error()}
	}
	return session, nil
}

func (f *files) Delete(id string) error {
	err := os.Remove(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func main() {
	interloper.Serve(&files{})
}
