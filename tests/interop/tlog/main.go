// Command tlog reads a ledger that palisade wrote with the clients of other people: transparency-dev's Tessera (tlog-tiles,
// whole-log check, proofs out of tiles) and golang.org/x/mod (signed notes, proofs).
//
// usage: tlog LEDGER VKEY-FILE PALISADE
package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api"
	"github.com/transparency-dev/tessera/client"
	"github.com/transparency-dev/tessera/fsck"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Println("FAILED:", err)
		os.Exit(1)
	}
}

func leaves(bundle []byte) ([][]byte, error) {
	b := &api.EntryBundle{}
	if err := b.UnmarshalText(bundle); err != nil {
		return nil, err
	}
	hashes := [][]byte{}
	for _, e := range b.Entries {
		hashes = append(hashes, rfc6962.DefaultHasher.HashLeaf(e))
	}
	return hashes, nil
}

// checkProof reads a c2sp.org/tlog-proof@v1 by hand and has x/mod check it.
func checkProof(text []byte, entry []byte, verifier note.Verifier) error {
	head, checkpoint, found := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return fmt.Errorf("no tlog-proof")
	}
	index, err := strconv.ParseInt(lines[1][len("index "):], 10, 64)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	body := strings.Split(opened.Text, "\n")
	size, err := strconv.ParseInt(body[1], 10, 64)
	if err != nil {
		return err
	}
	root, err := tlog.ParseHash(body[2])
	if err != nil {
		return err
	}
	path := tlog.RecordProof{}
	for _, line := range lines[2:] {
		raw, err := base64.StdEncoding.DecodeString(line)
		if err != nil || len(raw) != tlog.HashSize {
			return fmt.Errorf("hash %q", line)
		}
		path = append(path, tlog.Hash(raw))
	}
	return tlog.CheckRecord(path, size, root, index, tlog.RecordHash(entry))
}

func main() {
	dir, palisade := os.Args[1], os.Args[3]
	vkey, err := os.ReadFile(os.Args[2])
	must(err)
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	must(err)
	ctx := context.Background()
	fetch := client.FileFetcher{Root: dir}

	must(fsck.New(verifier.Name(), verifier, fetch, leaves, fsck.Opts{N: 2}).Check(ctx))

	head, _, _, err := client.FetchCheckpoint(ctx, fetch.ReadCheckpoint, verifier, verifier.Name())
	must(err)
	builder, err := client.NewProofBuilder(ctx, head.Size, fetch.ReadTile)
	must(err)
	temp, err := os.MkdirTemp("", "tlog")
	must(err)
	defer os.RemoveAll(temp)
	for _, index := range []uint64{0, 1, 255, 256, head.Size / 2, head.Size - 1} {
		if index >= head.Size {
			continue
		}
		bundle, err := client.GetEntryBundle(ctx, fetch.ReadEntryBundle, index/256, head.Size)
		must(err)
		path, err := builder.InclusionProof(ctx, index)
		must(err)
		must(proof.VerifyInclusion(rfc6962.DefaultHasher, index, head.Size,
			rfc6962.DefaultHasher.HashLeaf(bundle.Entries[index%256]), path, head.Hash))

		entryFile := filepath.Join(temp, "entry")
		text, err := exec.Command(palisade, "log", "prove", fmt.Sprint(index), "--ledger", dir, "--vkey", os.Args[2],
			"--entry", entryFile).Output()
		must(err)
		entry, err := os.ReadFile(entryFile)
		must(err)
		if string(entry) != string(bundle.Entries[index%256]) {
			must(fmt.Errorf("entry %d differs", index))
		}
		must(checkProof(text, entry, verifier))
		if checkProof(text, append(entry, 'x'), verifier) == nil {
			must(fmt.Errorf("entry %d: a changed entry passes", index))
		}
	}
	fmt.Printf("%s: %d entries read, checked and proved by Tessera and x/mod\n", dir, head.Size)
}
