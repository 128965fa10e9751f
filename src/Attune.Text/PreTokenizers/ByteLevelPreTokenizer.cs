using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;

namespace Attune.Text.PreTokenizers;

/// <summary><c>ByteLevel</c>: cuts by the pattern of GPT-2 and spells bytes in the byte-level alphabet.</summary>
/// <param name="AddPrefixSpace">Whether a blank is put before text that does not start with one.</param>
/// <param name="TrimOffsets">Only kept for writing: offsets are trimmed by the post-processor of this name.</param>
/// <param name="UseRegex">Whether the text is cut.</param>
internal sealed record ByteLevelPreTokenizer(bool AddPrefixSpace, bool TrimOffsets, bool UseRegex) : IPreTokenizer
{
    private static readonly PatternSplitter Splitter = new(Gpt2Pattern.Instance, SplitBehavior.Isolated, invert: false);

    /// <summary>Reads the component from tokenizer.json.</summary>
    public static ByteLevelPreTokenizer Read(JsonView json) => new(
        json["add_prefix_space"].AsBoolean(),
        json.OptionalBoolean("trim_offsets", absent: true),
        json.OptionalBoolean("use_regex", absent: true));

    /// <inheritdoc/>
    public void PreTokenize(PipelineText text)
    {
        if (AddPrefixSpace && PrefixSpaceRewriter.Applies(text))
        {
            text.Rewrite(PrefixSpaceRewriter.Instance);
        }

        text.WriteOutByteLevel();
        if (UseRegex)
        {
            text.Refine(Splitter);
        }

        text.IsByteLevel = true;
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "ByteLevel");
        json.WriteBoolean("add_prefix_space", AddPrefixSpace);
        json.WriteBoolean("trim_offsets", TrimOffsets);
        json.WriteBoolean("use_regex", UseRegex);
        json.WriteEndObject();
    }

    /// <summary>Puts a blank before pieces; it shares the range of the first character.</summary>
    private sealed class PrefixSpaceRewriter : IPieceRewriter
    {
        public static readonly PrefixSpaceRewriter Instance = new();

        public static bool Applies(PipelineText text)
        {
            foreach (Piece piece in text.Pieces)
            {
                if (piece.IsText && text.Bytes[piece.Start] != ' ')
                {
                    return true;
                }
            }

            return false;
        }

        public void Rewrite(AlignedText source, int start, int end, AlignedText target)
        {
            if (source.Bytes[start] != ' ')
            {
                target.Append(" "u8, source, start);
            }

            target.Append(source, start, end);
        }
    }
}
