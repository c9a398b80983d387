#!/bin/sh
# git runs this for each ref that a push would change. FAKE_GUARDED: lines of "ref code"; FAKE_WORKFLOWS: set when
# workflow files may be pushed; FAKE_REASONS: a file that takes lines of "ref<tab>reason" for the report.
ref=$1 new=$3
refuse() { printf '%s\t%s\n' "$ref" "$1" >>"$FAKE_REASONS"; exit 1; }

code=$(printf '%s\n' "$FAKE_GUARDED" | sed -n "s|^$ref ||p")
case $code in
GH006)
  echo "error: GH006: Protected branch update failed for $ref." >&2
  echo "error: Changes must be made through a pull request." >&2
  refuse "protected branch hook declined" ;;
GH013)
  printf 'error: GH013: Repository rule violations found for %s.\n\n- Changes must be made through a pull request.\n' "$ref" >&2
  refuse "push declined due to repository rule violations" ;;
esac

[ -n "$FAKE_WORKFLOWS" ] && exit 0
case $new in *[!0]*) ;; *) exit 0 ;; esac
file=$(git log --format= --name-only "$new" --not --all -- .github/workflows | head -n 1)
[ -z "$file" ] || refuse "refusing to allow a GitHub App to create or update workflow \`$file\` without \`workflows\` permission"
