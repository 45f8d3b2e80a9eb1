# Made from lvstui's parser by shtab, https://github.com/tqdm/shtab; do not edit.
# To install it: lvstui --completion bash > /usr/local/share/bash-completion/completions/lvstui



_shtab_lvstui_option_strings=(--list --save --restore --resume --rollback --diff --convert --report --do --snapshots --check --metrics --events --install-unit --watch --serve-stdio --where --print-config --completion --man --version -h --help --dry-run --yes --allow-outage --merge --keep-weights --replace --as --probe --format --resolve --demo --record --replay --on --sudo --netns --config --fresh --log --interval --theme --read-only --no-read-only --ascii --no-ascii --graphs --mouse --no-mouse --ask-keepalived --no-ask-keepalived)

_shtab_lvstui_pos_0_COMPGEN=_lvstui_further
_shtab_lvstui___save_COMPGEN=_lvstui_file
_shtab_lvstui___restore_COMPGEN=_lvstui_file
_shtab_lvstui___diff_COMPGEN=_lvstui_file
_shtab_lvstui___convert_COMPGEN=_lvstui_file
_shtab_lvstui___do_COMPGEN=_lvstui_do
_shtab_lvstui___metrics_COMPGEN=_shtab_compgen_files
_shtab_lvstui___record_COMPGEN=_shtab_compgen_files
_shtab_lvstui___replay_COMPGEN=_shtab_compgen_files
_shtab_lvstui___on_COMPGEN=_lvstui_hosts
_shtab_lvstui___netns_COMPGEN=_lvstui_netns
_shtab_lvstui___config_COMPGEN=_shtab_compgen_files
_shtab_lvstui___log_COMPGEN=_shtab_compgen_files
_shtab_lvstui___theme_COMPGEN=_lvstui_theme

_shtab_lvstui___install_unit_choices=(restore metrics)
_shtab_lvstui___completion_choices=(bash zsh fish)
_shtab_lvstui___format_choices=(table text ipvsadm toml json keepalived realserver)
_shtab_lvstui___demo_choices=(fwmark hashing incident ipv6 nat persistence sctp seed-cluster sip site sync-pair thresholds tunnel-gre tunnel-gue tunnel-ipip)

_shtab_lvstui_pos_0_nargs='*'
_shtab_lvstui___list_nargs=0
_shtab_lvstui___resume_nargs=0
_shtab_lvstui___rollback_nargs=0
_shtab_lvstui___diff_nargs=+
_shtab_lvstui___convert_nargs=2
_shtab_lvstui___report_nargs=2
_shtab_lvstui___snapshots_nargs=0
_shtab_lvstui___check_nargs='*'
_shtab_lvstui___metrics_nargs='?'
_shtab_lvstui___events_nargs=0
_shtab_lvstui___install_unit_nargs='?'
_shtab_lvstui___watch_nargs=0
_shtab_lvstui___serve_stdio_nargs=0
_shtab_lvstui___where_nargs=0
_shtab_lvstui___print_config_nargs=0
_shtab_lvstui___man_nargs=0
_shtab_lvstui___version_nargs=0
_shtab_lvstui__h_nargs=0
_shtab_lvstui___help_nargs=0
_shtab_lvstui___dry_run_nargs=0
_shtab_lvstui___yes_nargs=0
_shtab_lvstui___allow_outage_nargs=0
_shtab_lvstui___merge_nargs=0
_shtab_lvstui___keep_weights_nargs=0
_shtab_lvstui___replace_nargs=0
_shtab_lvstui___probe_nargs=0
_shtab_lvstui___resolve_nargs=0
_shtab_lvstui___demo_nargs='?'
_shtab_lvstui___sudo_nargs=0
_shtab_lvstui___fresh_nargs=0
_shtab_lvstui___read_only_nargs=0
_shtab_lvstui___no_read_only_nargs=0
_shtab_lvstui___ascii_nargs=0
_shtab_lvstui___no_ascii_nargs=0
_shtab_lvstui___mouse_nargs=0
_shtab_lvstui___no_mouse_nargs=0
_shtab_lvstui___ask_keepalived_nargs=0
_shtab_lvstui___no_ask_keepalived_nargs=0


# Custom Preamble

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
}
# End Custom Preamble

# $1=COMP_WORDS[1]
_shtab_compgen_files() {
  compgen -f -- $1  # files
}

# $1=COMP_WORDS[1]
_shtab_compgen_dirs() {
  compgen -d -- $1  # recurse into subdirs
}

# $1=COMP_WORDS[1]
_shtab_replace_nonword() {
  echo "${1//[^[:word:]]/_}"
}

# set default values (called for the initial parser & any subparsers)
_set_parser_defaults() {
  local subparsers_var="${prefix}_subparsers[@]"
  sub_parsers=${!subparsers_var-}

  local current_option_strings_var="${prefix}_option_strings[@]"
  current_option_strings=${!current_option_strings_var}

  completed_positional_actions=0

  _set_new_action "pos_$completed_positional_actions" true
}

# $1=action identifier
# $2=positional action (bool)
# set all identifiers for an action's parameters
_set_new_action() {
  current_action="${prefix}_$(_shtab_replace_nonword $1)"

  local current_action_compgen_var=${current_action}_COMPGEN
  current_action_compgen="${!current_action_compgen_var-}"

  local current_action_choices_var="${current_action}_choices[@]"
  current_action_choices="${!current_action_choices_var-}"

  local current_action_nargs_var="${current_action}_nargs"
  if [ -n "${!current_action_nargs_var-}" ]; then
    current_action_nargs="${!current_action_nargs_var}"
  else
    current_action_nargs=1
  fi

  current_action_args_start_index=$(( $word_index + 1 - $pos_only ))

  current_action_is_positional=$2
}

# Notes:
# `COMPREPLY`: what will be rendered after completion is triggered
# `completing_word`: currently typed word to generate completions for
# `${!var}`: evaluates the content of `var` and expand its content as a variable
#     hello="world"
#     x="hello"
#     ${!x} -> ${hello} -> "world"
_shtab_lvstui() {
  local completing_word="${COMP_WORDS[COMP_CWORD]}"
  local previous_word="${COMP_WORDS[COMP_CWORD-1]}"
  local completed_positional_actions
  local current_action
  local current_action_args_start_index
  local current_action_choices
  local current_action_compgen
  local current_action_is_positional
  local current_action_nargs
  local current_option_strings
  local sub_parsers
  COMPREPLY=()

  local prefix=_shtab_lvstui
  local word_index=0
  local pos_only=0 # "--" delimiter not encountered yet
  _set_parser_defaults
  word_index=1

  # determine what arguments are appropriate for the current state
  # of the arg parser
  while [ $word_index -ne $COMP_CWORD ]; do
    local this_word="${COMP_WORDS[$word_index]}"

    if [[ $pos_only = 1 || " $this_word " != " -- " ]]; then
      if [[ -n $sub_parsers && " ${sub_parsers[@]} " == *" $this_word "* ]]; then
        # valid subcommand: add it to the prefix & reset the current action
        prefix="${prefix}_$(_shtab_replace_nonword $this_word)"
        _set_parser_defaults
      fi

      if [[ " ${current_option_strings[@]} " == *" $this_word "* ]]; then
        # a new action should be acquired (due to recognised option string or
        # no more input expected from current action);
        # the next positional action can fill in here
        _set_new_action $this_word false
      fi

      if [[ "$current_action_nargs" != "*" ]] && \
         [[ "$current_action_nargs" != "+" ]] && \
         [[ "$current_action_nargs" != "?" ]] && \
         [[ "$current_action_nargs" != *"..." ]] && \
         (( $word_index + 1 - $current_action_args_start_index - $pos_only >= \
            $current_action_nargs )); then
        $current_action_is_positional && let "completed_positional_actions += 1"
        _set_new_action "pos_$completed_positional_actions" true
      fi
    else
      pos_only=1 # "--" delimiter encountered
    fi

    let "word_index+=1"
  done

  # Generate the completions

  COMPREPLY=()
  if [[ $pos_only = 0 && "$completing_word" == -* &&
        ( -z "$current_action_compgen" || "$current_action_is_positional" = true ) ]]; then
    # optional argument started: use option strings
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
      compgen -W "${current_option_strings[*]}" -- "$completing_word")
  elif [[ "$previous_word" =~ ^[0-9\&]*[\<\>]\>?$ ]]; then
    # handle redirection operators
    compopt -o filenames 2>/dev/null || : # bash>=4
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$completing_word")
  else
    # use choices & compgen
    local action_compgen_word="$completing_word"
    # handle tab-completing in the middle of a line (#248 <- #116)
    [[ -n "$current_action_compgen" && "$completing_word" == -* ]] && action_compgen_word=""
    [ -n "$current_action_compgen" ] && {
      [[ "$current_action_compgen" =~ _(file|dir|glob|FILE|DIR|GLOB)|File|Dir|Glob ]] &&
        compopt -o filenames 2>/dev/null || : # bash>=4
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
        "$current_action_compgen" "$action_compgen_word")
    }
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
      compgen -W "${current_action_choices[*]}" -- "$completing_word")
  fi

  if [[ ${#COMPREPLY[@]} = 0 ]]; then
    # native fallback matches are not necessarily filenames (e.g. variables)
    compopt +o filenames 2>/dev/null || : # bash>=4
  fi

  return 0
}

complete -o bashdefault -F _lvstui lvstui
