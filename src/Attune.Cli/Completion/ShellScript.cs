namespace Attune.Cli.Completion;

/// <summary>A shell's script that completes command lines of the tool by asking the tool.</summary>
/// <param name="Shell">The shell's name.</param>
/// <param name="Text">The script.</param>
/// <param name="Installation">The line that makes the shell run the script from now on.</param>
internal sealed record ShellScript(string Shell, string Text, string Installation)
{
    /// <summary>The shells that are known.</summary>
    public static IReadOnlyList<ShellScript> All { get; } =
    [
        // Where the tool has nothing to say, -o default completes the names of files.
        new("bash", $$"""
            _attune() {
                mapfile -t COMPREPLY < <(attune {{Completer.Word}} "${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
            }
            complete -o default -F _attune attune
            """, "echo 'eval \"$(attune completion bash)\"' >> ~/.bashrc"),
        new("zsh", $$"""
            #compdef attune
            _attune() {
                local -a found
                found=(${(f)"$(attune {{Completer.Word}} "${(@)words[2,CURRENT]}" 2> /dev/null)"})
                (( ${#found} )) && compadd -a found || _files
            }
            compdef _attune attune
            """, "echo 'eval \"$(attune completion zsh)\"' >> ~/.zshrc"),
        new("fish", $$"""
            complete -c attune -a '(attune {{Completer.Word}} (commandline -opc)[2..] (commandline -ct) 2> /dev/null)'
            """, "attune completion fish > ~/.config/fish/completions/attune.fish"),
    ];
}
