using System.Text.Json;
using Attune.Text.Json;
using Attune.Text.Pipeline;

namespace Attune.Text.PostProcessors;

/// <summary><c>RobertaProcessing</c>: trims offsets like <c>ByteLevel</c>, then puts one token before the text and one behind it.</summary>
internal sealed record RobertaPostProcessor(SpecialToken Separator, SpecialToken Start, bool TrimOffsets, bool AddPrefixSpace) : IPostProcessor
{
    /// <summary>Reads the component from tokenizer.json.</summary>
    public static RobertaPostProcessor Read(JsonView json) => new(
        SpecialToken.Read(json["sep"]),
        SpecialToken.Read(json["cls"]),
        json["trim_offsets"].AsBoolean(),
        json["add_prefix_space"].AsBoolean());

    /// <inheritdoc/>
    public void Process(TokenList tokens, IVocabulary vocabulary, bool addSpecialTokens)
    {
        if (TrimOffsets)
        {
            ByteLevelPostProcessor.Trim(tokens, vocabulary, AddPrefixSpace);
        }

        if (addSpecialTokens)
        {
            tokens.Surround(Start.Id, Separator.Id);
        }
    }

    /// <inheritdoc/>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", "RobertaProcessing");
        Separator.Write(json, "sep");
        Start.Write(json, "cls");
        json.WriteBoolean("trim_offsets", TrimOffsets);
        json.WriteBoolean("add_prefix_space", AddPrefixSpace);
        json.WriteEndObject();
    }
}
