# Made from lvstui's parser by shtab, https://github.com/tqdm/shtab; do not edit.
# To install it: lvstui --completion fish > /usr/local/share/fish/vendor_completions.d/lvstui.fish

# Custom Preamble

function _lvstui_asks
  lvstui --complete $argv[1] (string trim --left --chars "'\"" -- $argv[2]) 2>/dev/null
end
# End Custom Preamble

# Parse current commandline:
# - _shtab_lvstui_cmdpath=(sub)command path seen so far
# - _shtab_lvstui_npos=number of positional arguments given after it
# - options are skipped based on _shtab_lvstui_opts_with_value & _shtab_lvstui_commands lists
function _shtab_lvstui_scan
  set -g _shtab_lvstui_cmdpath ''
  set -g _shtab_lvstui_npos 0
  set -l tokens (commandline -opc)
  set -e tokens[1]
  set -l expect_value 0
  for t in $tokens
    if test $expect_value -eq 1
      set expect_value 0
      continue
    end
    switch "$t"
      case '--*=*'
        continue
      case '-*'
        if contains -- $t $_shtab_lvstui_opts_with_value
          set expect_value 1
        end
        continue
      case '*'
        if test $_shtab_lvstui_npos -eq 0
          set -l candidate $t
          if test -n "$_shtab_lvstui_cmdpath"
            set candidate "$_shtab_lvstui_cmdpath $t"
          end
          if contains -- $candidate $_shtab_lvstui_commands
            set -g _shtab_lvstui_cmdpath $candidate
            continue
          end
        end
        set -g _shtab_lvstui_npos (math $_shtab_lvstui_npos + 1)
    end
  end
end

# Condition helper: true if the current (sub)command path equals the given one.
function _shtab_lvstui_using
  _shtab_lvstui_scan
  test "$_shtab_lvstui_cmdpath" = "$argv"
end

set -g _shtab_lvstui_commands
set -g _shtab_lvstui_opts_with_value --as --check --completion --config --convert --demo --diff --do --format --graphs --install-unit --interval --log --metrics --netns --on --record --replay --report --restore --save --theme

complete -c lvstui -e
complete -c lvstui -f

complete -c lvstui -n _shtab_lvstui_using -l list -d 'print the table once'
complete -c lvstui -n _shtab_lvstui_using -l save -xka "(__fish_complete_path (commandline -ct); _lvstui_asks name (commandline -ct))" -d 'save the rules; '"'"'-'"'"' is standard output, @NAME a snapshot'
complete -c lvstui -n _shtab_lvstui_using -l restore -xka "(__fish_complete_path (commandline -ct); _lvstui_asks name (commandline -ct))" -d 'make the kernel equal FILE by the smallest set of changes'
complete -c lvstui -n _shtab_lvstui_using -l resume -d 'finish a restore that was cut off'
complete -c lvstui -n _shtab_lvstui_using -l rollback -d 'take back a restore that was cut off'
complete -c lvstui -n _shtab_lvstui_using -l diff -xka "(__fish_complete_path (commandline -ct); _lvstui_asks name (commandline -ct))" -d 'show what --restore FILE would do, or compare FILE with FILE2, or lvs1: with lvs2:'
complete -c lvstui -n _shtab_lvstui_using -l convert -xka "(__fish_complete_path (commandline -ct); _lvstui_asks name (commandline -ct))" -d 'convert a file to another kind'
complete -c lvstui -n _shtab_lvstui_using -l report -x -d 'write a recording as an HTML page, to attach to a ticket'
complete -c lvstui -n _shtab_lvstui_using -l do -xka "(_lvstui_asks do (commandline -ct))" -d 'run one command of the console, as in '"'"'drain host 10.0.0.5 wait 60s'"'"''
complete -c lvstui -n _shtab_lvstui_using -l snapshots -d 'list the snapshots: @1 is the latest'
complete -c lvstui -n _shtab_lvstui_using -l check -x -d 'tell monitoring what is wrong: one line, exit code 0, 1, 2 or 3'
complete -c lvstui -n _shtab_lvstui_using -l metrics -xka "(__fish_complete_path (commandline -ct))" -d 'print the metrics for Prometheus; or keep it in FILE'
complete -c lvstui -n _shtab_lvstui_using -l events -d 'print a line for each finding, transition and change as it happens'
complete -c lvstui -n _shtab_lvstui_using -l install-unit -xka "restore metrics" -d 'install the systemd unit that restores @boot, or the one that writes metrics'
complete -c lvstui -n _shtab_lvstui_using -l watch -d 'print the table, then a line for each change'
complete -c lvstui -n _shtab_lvstui_using -l serve-stdio -d 'serve an lvstui elsewhere on standard input and output, read-only'
complete -c lvstui -n _shtab_lvstui_using -l where -d 'print every path that is used'
complete -c lvstui -n _shtab_lvstui_using -l print-config -d 'print the settings in effect, and where each was set'
complete -c lvstui -n _shtab_lvstui_using -l completion -xka "bash zsh fish" -d 'print the completion script for a shell'
complete -c lvstui -n _shtab_lvstui_using -l man -d 'print the manual page: lvstui --man | man -l -'
complete -c lvstui -n _shtab_lvstui_using -l version -d 'print the version'
complete -c lvstui -n _shtab_lvstui_using -s h -l help -d 'print what the command line takes'
complete -c lvstui -n _shtab_lvstui_using -l dry-run -d 'show the plan and change nothing'
complete -c lvstui -n _shtab_lvstui_using -l yes -d 'do not ask'
complete -c lvstui -n _shtab_lvstui_using -l allow-outage -d 'allow the plan to remove a service'"'"'s last live server'
complete -c lvstui -n _shtab_lvstui_using -l merge -d 'delete nothing: add FILE to what is there'
complete -c lvstui -n _shtab_lvstui_using -l keep-weights -d 'keep the weights of servers that are already in the table'
complete -c lvstui -n _shtab_lvstui_using -l replace -d 'empty the table first: nothing is served meanwhile'
complete -c lvstui -n _shtab_lvstui_using -l as -x -d 'the name of the rules in the plan, the journal and the log'
complete -c lvstui -n _shtab_lvstui_using -l probe -d 'with --check: probe the ports of real servers and who has the virtual addresses'
complete -c lvstui -n _shtab_lvstui_using -l format -xka "table text ipvsadm toml json keepalived realserver" -d 'the format, where the verb or the file'"'"'s name would say another'
complete -c lvstui -n _shtab_lvstui_using -l resolve -d 'look up host names in ipvsadm text, which are refused otherwise'
complete -c lvstui -n _shtab_lvstui_using -l demo -xka "fwmark hashing incident ipv6 nat persistence sctp seed-cluster sip site sync-pair thresholds tunnel-gre tunnel-gue tunnel-ipip" -d 'the simulated director; WORLD is a snapshot'
complete -c lvstui -n _shtab_lvstui_using -l record -xka "(__fish_complete_path (commandline -ct))" -d 'record what is read, or continue a recording'
complete -c lvstui -n _shtab_lvstui_using -l replay -xka "(__fish_complete_path (commandline -ct))" -d 'open the console on a recording; with --watch, print all of it'
complete -c lvstui -n _shtab_lvstui_using -l on -xka "(_lvstui_asks host (commandline -ct))" -d 'use the directors on these hosts, over your own ssh: lvs1,lvs2,@FILE'
complete -c lvstui -n _shtab_lvstui_using -l sudo -d 'with --on: read and change as root over there, by sudo -n'
complete -c lvstui -n _shtab_lvstui_using -l netns -xka "(command ls /run/netns 2>/dev/null)" -d 'use the director in this network namespace, by name or path'
complete -c lvstui -n _shtab_lvstui_using -l config -xka "(__fish_complete_path (commandline -ct))" -d 'read settings from this file only'
complete -c lvstui -n _shtab_lvstui_using -l fresh -d 'open the console with its defaults, not as it was left'
complete -c lvstui -n _shtab_lvstui_using -l log -xka "(__fish_complete_path (commandline -ct))" -d 'log what lvstui does to FILE, to find its bugs'
complete -c lvstui -n _shtab_lvstui_using -l interval -x -d 'seconds between two reads'
complete -c lvstui -n _shtab_lvstui_using -l theme -xka "(_lvstui_asks theme '')" -d 'the console'"'"'s theme; without one, a theme that suits the terminal'
complete -c lvstui -n _shtab_lvstui_using -l read-only -l no-read-only -d 'refuse every change'
complete -c lvstui -n _shtab_lvstui_using -l ascii -l no-ascii -d 'draw the console in ASCII only'
complete -c lvstui -n _shtab_lvstui_using -l graphs -x -d 'how the console draws graphs of the last half hour'
complete -c lvstui -n _shtab_lvstui_using -l mouse -l no-mouse -d 'let the console use the mouse'
complete -c lvstui -n _shtab_lvstui_using -l ask-keepalived -l no-ask-keepalived -d 'ask keepalived for the state of its instances; it writes files to answer'
complete -c lvstui -n '_shtab_lvstui_using; and test $_shtab_lvstui_npos -ge 0' -ka "(test (count (commandline -opc)) = 1; and _lvstui_asks host (commandline -ct); or begin; __fish_complete_path (commandline -ct); _lvstui_asks name (commandline -ct); end)" -d FILE
