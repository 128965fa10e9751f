using Attune.Cli.Commands;
using Attune.Testing;

namespace Attune.Cli.Tests;

/// <summary>Commands that write models end when they are told to, and leave nothing behind.</summary>
public sealed class StoppedWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("convert", "MODEL", "OUTPUT")]
    [InlineData("convert", "MODEL", "OUTPUT.gguf", "--dtype", "q8_0")]
    [InlineData("export", "MODEL", "OUTPUT")]
    [InlineData("init", "--config", "MODEL", "--output", "OUTPUT")]
    public void A_writer_that_is_stopped_leaves_nothing(params string[] words)
    {
        string model = TinyModel.Write(_folder["model"]);
        string parent = _folder["written"];
        Directory.CreateDirectory(parent);
        string[] given = [.. words.Skip(1).Select(word => word == "MODEL" ? model : word.Replace("OUTPUT", Path.Combine(parent, "output"), StringComparison.Ordinal))];
        ToolCommand command = KnownCommands.All.Single(command => command.Name == words[0]);
        var terminal = new Terminal(TextWriter.Null, TextWriter.Null, json: false, quiet: true);
        var context = new CommandContext(CommandLineReader.Read(command, given), terminal, new CancellationToken(canceled: true));
        Assert.ThrowsAny<OperationCanceledException>(() => command.Run(context));
        Assert.Empty(Directory.EnumerateFileSystemEntries(parent));
    }
}
