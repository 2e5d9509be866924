package main

import (
	"fmt"
	"io"
	"strings"
)

// completion prints a script with which a shell completes the commands and flags of the table.
func completion(c *call) error {
	scripts := map[string]func([]command) string{"bash": bashCompletion, "zsh": zshCompletion, "fish": fishCompletion}
	script, ok := scripts[c.args[0]]
	if !ok {
		return errUsage{fmt.Sprintf("%q is not bash, zsh or fish", c.args[0])}
	}
	_, err := io.WriteString(c.stdout, script(c.table))
	return err
}

// words are what can follow a command of the table: the commands below it, or its flags.
func (c command) words(table []command) (list []string) {
	for _, row := range c.below {
		list = append(list, row.word())
	}
	for _, f := range c.flagsOf() {
		name, _, _ := strings.Cut(f.name, " ")
		list = append(list, name)
	}
	switch c.name {
	case "completion":
		list = append(list, "bash", "zsh", "fish")
	case "help":
		list = topWords(table)
	}
	return list
}

// flagsOf returns the flags of a command, none for a group.
func (c command) flagsOf() []flagText {
	if len(c.below) > 0 {
		return nil
	}
	return c.explained()
}

func topWords(rows []command) (list []string) {
	for _, row := range rows {
		list = append(list, row.word())
	}
	return list
}

// cases writes a case of the Bourne shell for each command: what can follow it.
func cases(b *strings.Builder, table, rows []command, line string) {
	for _, row := range rows {
		cases(b, table, row.below, line)
		if words := row.words(table); len(words) > 0 {
			fmt.Fprintf(b, line, strings.ReplaceAll(row.name, " ", `\ `), strings.Join(words, " "))
		}
	}
}

func bashCompletion(rows []command) string {
	var b strings.Builder
	b.WriteString("# bash completion of pillarbox: source <(pillarbox completion bash)\n_pillarbox() {\n" +
		"    local cur=${COMP_WORDS[COMP_CWORD]} words=\n")
	fmt.Fprintf(&b, "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=%q\n    else\n", strings.Join(topWords(rows), " "))
	b.WriteString("        case \"${COMP_WORDS[*]:1:COMP_CWORD-1} \" in\n")
	cases(&b, rows, rows, "        %s\\ *) words=%q ;;\n")
	b.WriteString("        esac\n    fi\n    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n}\ncomplete -o default -F _pillarbox pillarbox\n")
	return b.String()
}

func zshCompletion(rows []command) string {
	var b strings.Builder
	b.WriteString("#compdef pillarbox\n# zsh completion of pillarbox: source <(pillarbox completion zsh)\n_pillarbox() {\n    local -a list\n")
	fmt.Fprintf(&b, "    if (( CURRENT == 2 )); then\n        list=(%s)\n    else\n", strings.Join(topWords(rows), " "))
	b.WriteString("        case \"${(j: :)words[2,CURRENT-1]} \" in\n")
	cases(&b, rows, rows, "        %s\\ *) list=(%s) ;;\n")
	b.WriteString("        esac\n    fi\n    compadd -a list || _files\n}\ncompdef _pillarbox pillarbox\n")
	return b.String()
}

func fishCompletion(rows []command) string {
	var b strings.Builder
	b.WriteString("# fish completion of pillarbox: pillarbox completion fish | source\n")
	quote := func(s string) string { return "'" + strings.ReplaceAll(s, "'", `\'`) + "'" }
	var add func(rows []command, condition string)
	add = func(rows []command, condition string) {
		for _, row := range rows {
			word := row.word()
			fmt.Fprintf(&b, "complete -c pillarbox -f -n %s -a %s -d %s\n", quote(condition), word, quote(row.does))
			at := "__fish_seen_subcommand_from " + strings.ReplaceAll(row.name, " ", "; and __fish_seen_subcommand_from ")
			for _, f := range row.flagsOf() {
				name, value, _ := strings.Cut(f.name, " ")
				required := ""
				if value != "" {
					required = " -r"
				}
				fmt.Fprintf(&b, "complete -c pillarbox -n %s -o %s%s -d %s\n", quote(at), name[1:], required, quote(f.does))
			}
			add(row.below, at+"; and not __fish_seen_subcommand_from "+strings.Join(topWords(row.below), " "))
		}
	}
	add(rows, "__fish_use_subcommand")
	for _, shell := range []string{"bash", "zsh", "fish"} {
		fmt.Fprintf(&b, "complete -c pillarbox -f -n '__fish_seen_subcommand_from completion' -a %s\n", shell)
	}
	return b.String()
}
