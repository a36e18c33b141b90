# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of cpctl(1) for bash, with the package bash-completion.  Commands
# and options are what the cpctl that is called says it has.

# _cpctl_map_names PID PREFIX: what --map takes, one a line.  (Not by compgen -W:
# it would execute a "$(...)" in the name of a file that somebody has mapped.)
_cpctl_map_names() {
	local name
	sed -n 's/^\([^ ]* \)\{5\} *\(.\+\)$/\2/p' "/proc/$1/maps" 2> /dev/null |
		sed 's/^\[\(heap\|stack\)\]$/\1/' | sort -u |
		while IFS= read -r name; do
			[[ $name != "$2"* ]] || printf '%s\n' "$name"
		done
}

# _cpctl_image_names CPCTL PREFIX WORD...: the same, of those WORDs that are images.
_cpctl_image_names() {
	local cpctl=$1 prefix=$2 word name
	shift 2
	for word; do
		[[ ! -f $word ]] || "$cpctl" info --mappings -- "$word" 2> /dev/null
	done | sed -nE 's/^  0x[0-9a-f]+-0x[0-9a-f]+ [-rwxps]{4} offset 0x[0-9a-f]+( device [0-9]+:[0-9]+ inode [0-9]+)?( \([a-z_,]+\))?//; T; s/^ //p' |
		sed 's/^\[\(heap\|stack\)\]$/\1/' | sort -u |
		while IFS= read -r name; do
			[[ $name != "$prefix"* ]] || printf '%s\n' "$name"
		done
}

# _cpctl_value OPTION PID CPCTL WORD...: completes the value of an option
_cpctl_value() {
	case $1 in
	--pid | -p) _pids ;;
	--map)
		if [[ $2 ]]; then
			mapfile -t COMPREPLY < <(_cpctl_map_names "$2" "$cur")
		else
			mapfile -t COMPREPLY < <(_cpctl_image_names "$3" "$cur" "${@:4}")
		fi
		compopt -o filenames
		;;
	--holes) mapfile -t COMPREPLY < <(compgen -W "error zero" -- "$cur") ;;
	--shared) mapfile -t COMPREPLY < <(compgen -W "error keep write" -- "$cur") ;;
	--color) mapfile -t COMPREPLY < <(compgen -W "auto always never" -- "$cur") ;;
	--missing-files)
		local skip=''
		[[ $command != core ]] || skip=skip
		mapfile -t COMPREPLY < <(compgen -W "error $skip zero" -- "$cur")
		;;
	--output | --chain) _filedir ;;
	esac
}

_cpctl() {
	local cur prev words cword split options commands i command='' pid=''
	_init_completion -s -n : || return
	local cpctl=${words[0]/#\~\//$HOME/}
	commands=$("$cpctl" help --words 2> /dev/null)

	for ((i = 1; i < cword; i++)); do
		case ${words[i]} in
		--pid=*) pid=${words[i]#*=} ;;
		--pid | -p) ((++i < cword)) && pid=${words[i]} ;;
		-*) ;;
		*) # Before it, others are values of options.
			if [[ ! $command && $'\n'$commands$'\n' == *$'\n'"${words[i]}"$'\n'* ]]; then
				command=${words[i]}
			fi
			;;
		esac
	done

	if [[ $command ]]; then
		options=$("$cpctl" help --words "$command" 2> /dev/null)
	else
		options=$'--pid=\n--help\n--version'
	fi

	case $prev in
	-p) prev=--pid ;;
	-o) prev=--output ;;
	esac
	if [[ $prev == --* && $'\n'$options$'\n' == *$'\n'"$prev="$'\n'* ]]; then
		_cpctl_value "$prev" "$pid" "$cpctl" "${words[@]:1}"
	elif [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		[[ ${COMPREPLY-} != *= ]] || compopt -o nospace
	elif [[ ! $command || $command == help ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
	elif [[ $command == @(list|prune|watch) ]]; then
		_filedir -d
	else
		_filedir
	fi
}
complete -F _cpctl cpctl
