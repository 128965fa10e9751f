namespace Attune.Formats;

/// <summary>The tokenizer in the metadata of a GGUF file.</summary>
internal static class GgufTokenizerMetadata
{
    private const string Prefix = "tokenizer.ggml.";

    // As llama.cpp spells it.
    private const string SeparatorKey = "seperator_token_id";

    /// <summary>The kind of vocabulary, or null when the file has none.</summary>
    public static string? ModelOf(GgufMetadata metadata) => metadata.GetString(Prefix + "model");

    public static GgufTokenizerSource? Read(GgufMetadata metadata)
    {
        string? model = ModelOf(metadata);
        if (model is null or "none")
        {
            return null;
        }

        IReadOnlyList<string> tokens = metadata.GetStrings(Prefix + "tokens")
            ?? throw ModelFileException.At(metadata.Location, $"key '{Prefix}tokens'", $"expected the tokens of the tokenizer '{model}', found none");
        int? bos = Id(metadata, "bos_token_id", tokens) ?? Id(metadata, "cls_token_id", tokens);
        int? eos = Id(metadata, "eos_token_id", tokens);
        int? pad = Id(metadata, "padding_token_id", tokens);
        int? unknown = Id(metadata, "unknown_token_id", tokens);
        int? separator = Id(metadata, SeparatorKey, tokens);
        int? mask = Id(metadata, "mask_token_id", tokens);
        return new GgufTokenizerSource(model, tokens)
        {
            Pre = metadata.GetString(Prefix + "pre"),
            Merges = metadata.GetStrings(Prefix + "merges"),
            TokenTypes = OnePerToken(metadata, "token_type", metadata.GetInt32s(Prefix + "token_type"), tokens),
            Scores = OnePerToken(metadata, "scores", metadata.GetSingles(Prefix + "scores"), tokens),
            BosTokenId = bos,
            EosTokenId = eos,
            PadTokenId = pad,
            UnknownTokenId = unknown,
            SeparatorTokenId = separator,
            MaskTokenId = mask,
            BosToken = bos is int b ? tokens[b] : null,
            EosToken = eos is int e ? tokens[e] : null,
            PadToken = pad is int p ? tokens[p] : null,
            UnknownToken = unknown is int u ? tokens[u] : null,
            SeparatorToken = separator is int s ? tokens[s] : null,
            MaskToken = mask is int m ? tokens[m] : null,
            AddBosToken = metadata.GetBoolean(Prefix + "add_bos_token"),
            AddEosToken = metadata.GetBoolean(Prefix + "add_eos_token"),
            AddSpacePrefix = metadata.GetBoolean(Prefix + "add_space_prefix"),
            RemoveExtraWhitespace = metadata.GetBoolean(Prefix + "remove_extra_whitespaces"),
            CharacterMap = metadata.GetBytes(Prefix + "precompiled_charsmap"),
        };
    }

    public static void Write(GgufTokenizerSource tokenizer, GgufMetadata metadata)
    {
        Set("add_space_prefix", tokenizer.AddSpacePrefix);
        Set("add_bos_token", tokenizer.AddBosToken);
        Set("add_eos_token", tokenizer.AddEosToken);
        Set("model", tokenizer.Model);
        Set("pre", tokenizer.Pre);
        Set("tokens", tokenizer.Tokens.ToArray());
        Set("scores", tokenizer.Scores?.ToArray());
        Set("token_type", tokenizer.TokenTypes?.ToArray());
        Set("merges", tokenizer.Merges?.ToArray());
        Set("remove_extra_whitespaces", tokenizer.RemoveExtraWhitespace);
        Set("precompiled_charsmap", tokenizer.CharacterMap.IsEmpty ? null : tokenizer.CharacterMap.ToArray());
        Set("bos_token_id", (uint?)tokenizer.BosTokenId);
        Set("eos_token_id", (uint?)tokenizer.EosTokenId);
        Set("unknown_token_id", (uint?)tokenizer.UnknownTokenId);
        Set("padding_token_id", (uint?)tokenizer.PadTokenId);
        Set(SeparatorKey, (uint?)tokenizer.SeparatorTokenId);
        Set("mask_token_id", (uint?)tokenizer.MaskTokenId);

        void Set(string key, object? value)
        {
            if (value is not null)
            {
                metadata[Prefix + key] = value;
            }
        }
    }

    private static int? Id(GgufMetadata metadata, string key, IReadOnlyList<string> tokens)
    {
        int? id = metadata.GetInt32(Prefix + key);
        return id is null || (uint)id < (uint)tokens.Count
            ? id
            : throw ModelFileException.At(metadata.Location, $"key '{Prefix}{key}'", $"expected an id below {tokens.Count}, the number of tokens, found {id}");
    }

    private static IReadOnlyList<T>? OnePerToken<T>(GgufMetadata metadata, string key, IReadOnlyList<T>? values, IReadOnlyList<string> tokens) =>
        values is null || values.Count == tokens.Count
            ? values
            : throw ModelFileException.At(metadata.Location, $"key '{Prefix}{key}'", $"expected one for each of {tokens.Count} tokens, found {values.Count}");
}
