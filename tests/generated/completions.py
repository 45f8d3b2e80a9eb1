"""The parser -> completion scripts for bash, zsh and fish, by shtab."""

from __future__ import annotations

import shtab

from lvstui import places
from lvstui.argparser import arguments_parser
from lvstui.flags import SHELLS

_NETNS = {
    "bash": "_lvstui_netns",
    "zsh": "_lvstui_netns",
    "fish": "(command ls /run/netns 2>/dev/null)",
}
_NAMED = {
    "bash": "_lvstui_file",
    "zsh": "_lvstui_file",
    "fish": "(__fish_complete_path (commandline -ct); _lvstui_asks name (commandline -ct))",
}
"""A file, or a snapshot by its @name."""
_THEME = {"bash": "_lvstui_theme", "zsh": "_lvstui_theme", "fish": "(_lvstui_asks theme '')"}
_DO = {"bash": "_lvstui_do", "zsh": "_lvstui_do", "fish": "(_lvstui_asks do (commandline -ct))"}
_HOSTS = {"bash": "_lvstui_hosts", "zsh": "_lvstui_hosts", "fish": "(_lvstui_asks host (commandline -ct))"}
_FURTHER = {
    "bash": "_lvstui_further",
    "zsh": "_lvstui_further",
    "fish": "(test (count (commandline -opc)) = 1; and _lvstui_asks host (commandline -ct); "
    "or begin; __fish_complete_path (commandline -ct); _lvstui_asks name (commandline -ct); end)",
}
"""A host where it is the first word, otherwise a file."""
_RULES = ("save", "restore", "diff", "convert")

_PREAMBLE = {
    "bash": r"""
_lvstui_netns() {
  local name
  for name in /run/netns/*; do
    name=${name##*/}
    [[ $name != "$1"* || $name == '*' ]] || printf '%s\n' "$name"
  done
}
_lvstui_file() { compgen -f -- "$1"; [[ $1 != @* ]] || lvstui --complete name "$1" 2>/dev/null; }
_lvstui_theme() { lvstui --complete theme "$1" 2>/dev/null; }
_lvstui_hosts() { lvstui --complete host "$1" 2>/dev/null; }
_lvstui_further() { if [[ $COMP_CWORD = 1 ]]; then _lvstui_hosts "$1"; else _lvstui_file "$1"; fi; }
# One word in quotes, which bash hands over with the first of them.
_lvstui_do() { lvstui --complete do "${1#[\"\']}" 2>/dev/null; }
# bash splits words at @ : and =. This joins them again, and splits --option=value into two words.
_lvstui() {
  local -a words=()
  local index part rest=$COMP_LINE value= current=0 breaks prefix
  for index in "${!COMP_WORDS[@]}"; do
    part=${COMP_WORDS[index]}
    if [[ $index = 0 || $rest = [[:space:]]* ]]; then
      words+=("$part") value=
    elif [[ $part = '=' && ${words[-1]} = --* ]]; then
      words+=("") value=yes part=
      rest=${rest#=}
    elif [[ -n $value || $part = *[@:=]* || ${words[-1]} = *[@:=] ]]; then
      words[-1]+=$part
    else
      words+=("$part")
    fi
    rest=${rest#"${rest%%[![:space:]]*}"}
    rest=${rest#"$part"}
    [[ $index != "$COMP_CWORD" ]] || current=$((${#words[@]} - 1))
  done
  prefix=${words[current]}
  local -a COMP_WORDS=("${words[@]}")
  local COMP_CWORD=$current
  _shtab_lvstui "$@"
  # bash replaces only what is behind the last of these signs, and an @ with it.
  breaks=${COMP_WORDBREAKS//[^:=]/}
  if [[ $prefix = [\"\']* ]]; then
    # A single answer would end the quotes, and there is more to come.
    [[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *' ' ]] || COMPREPLY+=("${COMPREPLY[0]}...")
  elif [[ -n $breaks && $prefix = *["$breaks"]* ]]; then
    prefix=${prefix%"${prefix##*["$breaks"]}"}
    COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
    # Nor does it quote these there: a file that another user named so would run when the line is sent.
    for index in "${!COMPREPLY[@]}"; do
      [[ ${COMPREPLY[index]} != *[\$\`]* ]] || unset "COMPREPLY[index]"
    done
  fi
}""",
    "zsh": r"""
_lvstui_netns() { compadd -- /run/netns/*(N:t); }
_lvstui_asks() { compadd -S '' "${@:2}" -- ${(f)"$(lvstui --complete $1 "${(Q)PREFIX}" 2>/dev/null)"}; }
_lvstui_file() { if [[ $PREFIX == @* ]]; then _lvstui_asks name; else _files; fi; }
_lvstui_theme() { _lvstui_asks theme; }
_lvstui_hosts() { _lvstui_asks host; }
_lvstui_further() { if (( CURRENT == 2 )); then _lvstui_hosts; else _lvstui_file; fi; }
_lvstui_do() { _lvstui_asks do; }""",
    "fish": r"""
function _lvstui_asks
  lvstui --complete $argv[1] (string trim --left --chars "'\"" -- $argv[2]) 2>/dev/null
end""",
}
_INSTALL = {
    "bash": "lvstui --completion bash > /usr/local/share/bash-completion/completions/lvstui",
    "zsh": "lvstui --completion zsh > /usr/local/share/zsh/site-functions/_lvstui",
    "fish": "lvstui --completion fish > /usr/local/share/fish/vendor_completions.d/lvstui.fish",
}


def scripts() -> dict[str, str]:
    """The scripts by shell."""
    return {shell: _script(shell) for shell in SHELLS}


def _script(shell: str) -> str:
    parser = arguments_parser()
    for action in parser._actions:
        if action.dest in _RULES:
            action.complete = _NAMED  # type: ignore[attr-defined]
            action.metavar = "FILE"
        elif "FILE" in (action.metavar or ""):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
            action.metavar = "FILE"
        elif action.dest == "theme":
            action.complete = _THEME  # type: ignore[attr-defined]
        elif action.dest == "do":
            action.complete = _DO  # type: ignore[attr-defined]
        elif action.dest == "demo":
            action.choices = sorted(path.stem for folder in places.worlds() for path in folder.glob("*.toml"))
        elif action.dest == "on":
            action.complete = _HOSTS  # type: ignore[attr-defined]
        elif action.dest == "netns":
            action.complete = _NETNS  # type: ignore[attr-defined]
    # The second file of --diff and --convert: to shtab an option has one argument, whatever stands further is its own.
    further = parser.add_argument("further", metavar="FILE", nargs="*")
    further.complete = _FURTHER  # type: ignore[attr-defined]
    text = shtab.complete(parser, shell, preamble=_PREAMBLE)  # type: ignore[arg-type]
    if shell == "bash":
        text = text.replace("-F _shtab_lvstui lvstui", "-F _lvstui lvstui")
    lines = [line.rstrip() for line in text.strip().split("\n")]
    # In place of shtab's own: a line of what it is, and four or five of where to put it.
    first = next(number for number, line in enumerate(lines) if line.startswith("# AUTOMATICALLY"))
    last = next(number for number, line in enumerate(lines) if number > first and not line.startswith("#"))
    head = [
        "# Made from lvstui's parser by shtab, https://github.com/tqdm/shtab; do not edit.",
        f"# To install it: {_INSTALL[shell]}",
    ]
    return "\n".join([*lines[:first], *head, *lines[last:]]) + "\n"
