# SPDX-License-Identifier: Apache-2.0
# Images for urunc by Nix: nix-build makes a tar that `docker load`, `ctr images import` and `podman load` take. No nixpkgs and no
# shell: the only program that runs is bunny, on a recipe that is made here, so nothing of args.nix is ever read as code.
#
# nix-build                                             args.nix and the files beside this file
# nix-build DIR --arg args ./args.nix --arg src ./.     from another place
# nix-build --arg bunny /opt/bin/bunny                  another bunny; it must be a static program
{ src ? ./.
, args ? src + "/args.nix"
, bunny ? null
, system ? builtins.currentSystem
}:
let
  b = builtins;
  prefix = "com.urunc.unikernel.";
  required = [ "unikernelType" "hypervisor" "binary" "cmdline" ];
  optional = [ "unikernelVersion" "version" "initrd" "block" "blkMntPoint" "blocks" "useDMBlock" "mountRootfs" "solo5NetDev" "solo5BlkDev" ];
  fields = [ "name" "tag" "files" "annotations" ];

  fail = text: throw "args.nix: ${text}";
  need = condition: text: value: if condition then value else fail text;
  listed = b.concatStringsSep ", ";
  unknown = known: set: b.filter (k: !b.elem k known) (b.attrNames set);
  missing = known: set: b.filter (k: !b.hasAttr k set) known;
  matches = pattern: s: b.isString s && b.match pattern s != null;

  # An annotation is a string; what is one in meaning only is taken as well.
  text = key: v:
    if b.isString v then v
    else if b.isBool v then (if v then "true" else "false")
    else if b.isInt v then b.toString v
    else fail "annotations.${key} must be a string, not a ${b.typeOf v}";

  given = if b.isAttrs args then args else import args;
  a =
    need (unknown fields given == [ ]) "unknown ${listed (unknown fields given)}; it has ${listed fields}"
      (need (missing fields given == [ ]) "${listed (missing fields given)} missing" given);
  annotations =
    let
      all = a.annotations;
      known = required ++ optional;
      values = b.mapAttrs text all;
      empty = b.filter (k: values.${k} == "") [ "unikernelType" "hypervisor" "binary" ];
    in
    need (unknown known all == [ ]) "unknown annotations ${listed (unknown known all)}; there are ${listed known}"
      (need (missing required all == [ ]) "annotations ${listed (missing required all)} missing"
        (need (empty == [ ]) "annotations ${listed empty} empty" values));
  name = need (matches "[a-z0-9._/:-]+" a.name) "name '${a.name}' must be of a-z 0-9 . _ / : -" a.name;
  tag = need (matches "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}" a.tag) "tag '${a.tag}' must be of A-Z a-z 0-9 . _ -" a.tag;

  # "./a/b" is "a/b". What is not below src cannot be part of the image.
  clean = s:
    let
      parts = b.filter (p: b.isString p && p != "" && p != ".") (b.split "/" s);
    in
    need (b.substring 0 1 s != "/" && !b.elem ".." parts && parts != [ ]) "files: '${s}' must lie below the directory of args.nix"
      (b.concatStringsSep "/" parts);
  line = what: s: need (!matches "(.|\n)*[\n\r](.|\n)*" s) "${what} must be one line" s;
  sources = b.attrNames a.files;
  copied = map clean sources;
  destination = s: need (matches "/(.|\n)*" a.files.${s}) "files: '${s}' must go to an absolute path" (line "files" a.files.${s});

  # Only what is named reaches the store: the files, all below them, and the directories above them.
  base = b.toString src;
  below = dir: path: path == dir || b.substring 0 (b.stringLength dir + 1) path == dir + "/";
  wanted = path: b.any (s: below (base + "/" + s) path || below path (base + "/" + s)) copied;
  absent = b.filter (s: !b.pathExists (src + ("/" + s))) copied;
  context = b.path {
    name = "context";
    path = need (absent == [ ]) "files: ${listed absent} missing beside args.nix" src;
    filter = path: _type: wanted path;
  };

  quote = s: "\"" + b.replaceStrings [ "\\" "\"" "$" ] [ "\\\\" "\\\"" "\\$" ] s + "\"";
  label = k: "LABEL ${quote (prefix + k)}=${quote (line "annotations.${k}" annotations.${k})}";
  copy = s: "COPY ${b.toJSON [ (clean (line "files" s)) (destination s) ]}";
  recipe = b.concatStringsSep "\n" ([ "FROM scratch" ] ++ map copy sources ++ map label (b.attrNames annotations)) + "\n";

  places = [ (src + "/bunny") ./bunny ../build/bin/bunny /usr/local/bin/bunny /usr/bin/bunny ];
  found = b.filter b.pathExists (if bunny != null then [ bunny ] else places);
  program = b.path {
    name = "bunny";
    path = if found != [ ] then b.head found
      else throw "no bunny at ${listed (map b.toString (if bunny != null then [ bunny ] else places))}: say --arg bunny /path/to/bunny";
  };
in
derivation
  {
    inherit system;
    name = b.replaceStrings [ "/" ":" ] [ "-" "-" ] name + "-" + tag + ".tar";
    builder = program;
    # Nothing is fetched, and nothing kept.
    XDG_CACHE_HOME = "/dev/null";
    args = [ "build" "--offline" "-f" (b.toFile "Containerfile" recipe) "-t" "${name}:${tag}" "-o" (builtins.placeholder "out") context ];
    SOURCE_DATE_EPOCH = "0";
    preferLocalBuild = true;
    allowSubstitutes = false;
  } // { inherit recipe context; reference = "${name}:${tag}"; }
