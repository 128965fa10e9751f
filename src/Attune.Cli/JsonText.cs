using System.Text.Encodings.Web;
using System.Text.Json;

namespace Attune.Cli;

/// <summary>How the tool writes JSON that people read, too.</summary>
internal static class JsonText
{
    /// <summary>On one line, with letters as they are.</summary>
    public static JsonSerializerOptions Relaxed { get; } = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
