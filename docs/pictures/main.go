// Command pictures draws the pictures of docs/scoring.md from the demonstration
// data, as any client of the API could:
//
//	go run ./server demo > demo.env          # in another terminal
//	export $(grep -E '^(GRAPHQL_URL|HR_TOKEN|CYCLE_ID)=' demo.env)
//	go run ./docs/pictures docs/images G214
//
// It writes showcase.svg and, for each official named, explanation-OFFICIAL.svg. With
// `palette` and the names of pictures it makes those small that pages.mjs has taken.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"steelyard/report"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return errors.New("usage: pictures FOLDER [OFFICIAL …] | pictures palette FILE.png …")
	}
	if args[0] == "palette" {
		for _, name := range args[1:] {
			if err := shrink(name); err != nil {
				return err
			}
		}
		return nil
	}
	folder, names := args[0], args[1:]
	list, err := assessments(`official { ref } composite visibility showcaseGap`, 100)
	if err != nil {
		return err
	}
	rows := make([]report.Row, len(list))
	for i, a := range list {
		rows[i] = report.Row{
			Official: a.Official.Ref, Composite: number(a.Composite), Visibility: number(a.Visibility), ShowcaseGap: number(a.ShowcaseGap),
		}
	}
	words := report.Words{
		Title: "Demonstration data: what is seen and what is done", X: "visibility: percentile in the peer group",
		Y: "composite", Quiet: "strong and unseen", Showy: "seen and weak", Sum: "composite",
	}
	if err := draw(folder, "showcase.svg", func(w io.Writer) error { return report.Showcase(w, words, report.All(rows)) }); err != nil {
		return err
	}
	if len(names) == 0 {
		return nil
	}
	if list, err = assessments(`official { ref } explanation { parts { component code points } }`, 50); err != nil {
		return err
	}
	for _, name := range names {
		steps := explanation(list, name)
		if steps == nil {
			return fmt.Errorf("there is no explanation of %s", name)
		}
		words.Title = "The composite of " + name + ", part by part"
		if err := draw(folder, "explanation-"+name+".svg", func(w io.Writer) error { return report.Waterfall(w, words, steps) }); err != nil {
			return err
		}
	}
	return nil
}

type assessment struct {
	Official                           struct{ Ref string }
	Composite, Visibility, ShowcaseGap *float64
	Explanation                        struct {
		Parts []struct {
			Component, Code string
			Points          float64
		}
	}
}

func explanation(list []assessment, official string) []report.Step {
	var steps []report.Step
	for i := range list {
		if list[i].Official.Ref != official {
			continue
		}
		for _, p := range list[i].Explanation.Parts {
			label := strings.TrimLeft(p.Component+": "+p.Code, ": ")
			label = strings.ToLower(strings.ReplaceAll(label, "_", " "))
			steps = append(steps, report.Step{Label: label, Points: int64(math.Round(100 * p.Points))})
		}
	}
	return steps
}

func number(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// assessments reads fields of all assessments of the cycle, a page after the other.
func assessments(fields string, page int) ([]assessment, error) {
	query := `query ($cycle: ID!, $first: Int!, $after: String) {
		assessmentReport(cycleId: $cycle, first: $first, after: $after) { pageInfo { hasNextPage endCursor } nodes { ` + fields + ` } }
	}`
	var all []assessment
	var after *string
	for {
		var answer struct {
			Data struct {
				AssessmentReport struct {
					PageInfo struct {
						HasNextPage bool
						EndCursor   *string
					}
					Nodes []assessment
				}
			}
			Errors []struct{ Message string }
		}
		err := ask(map[string]any{
			"query": query, "variables": map[string]any{"cycle": os.Getenv("CYCLE_ID"), "first": page, "after": after},
		}, &answer)
		if err != nil {
			return nil, err
		}
		if len(answer.Errors) > 0 {
			return nil, fmt.Errorf("the API says: %s", answer.Errors[0].Message)
		}
		all = append(all, answer.Data.AssessmentReport.Nodes...)
		if after = answer.Data.AssessmentReport.PageInfo.EndCursor; !answer.Data.AssessmentReport.PageInfo.HasNextPage {
			return all, nil
		}
	}
}

func ask(question, answer any) (err error) {
	body, err := json.Marshal(question)
	if err != nil {
		return err
	}
	request, err := http.NewRequest(http.MethodPost, os.Getenv("GRAPHQL_URL"), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", "Bearer "+os.Getenv("HR_TOKEN"))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	return json.NewDecoder(response.Body).Decode(answer)
}

func draw(folder, name string, with func(io.Writer) error) error {
	file, err := os.Create(filepath.Join(folder, name))
	if err != nil {
		return err
	}
	return errors.Join(with(file), file.Close())
}
