using Attune.Text.Patterns;

namespace Attune.Text.Files;

/// <summary>Folders with a SentencePiece model that is used as SentencePiece itself does, or with a tiktoken rank file.</summary>
internal static class SentencePieceFolder
{
    /// <summary>Loads a tokenizer whose texts begin with a token, as Llama's.</summary>
    public static Tokenizer LoadLlama(string folder, TokenizerConfig config)
    {
        byte[] content = VocabularyFile.Read(folder, "tokenizer.model", out string path);
        return TiktokenRanks.IsRankFile(content)
            ? TiktokenRanks.Parse(content, path, ranks => RankOptions(ranks, config))
            : SentencePieceModel.Parse(
                content,
                path,
                new SentencePieceOptions { AddBegin = config.Boolean("add_bos_token") ?? true, AddEnd = config.Boolean("add_eos_token") ?? false },
                config.AddedTokens());
    }

    /// <summary>How a rank file is used: as the folder says, and where it says nothing as the known vocabulary of so many ranks.</summary>
    private static TiktokenOptions RankOptions(int ranks, TokenizerConfig config)
    {
        TiktokenOptions options = KnownRankFiles.Find(ranks)?.Options ?? new TiktokenOptions(Cl100kPattern.ThreeDigits);
        if (config.AddedTokens() is { Count: > 0 } added)
        {
            options = options with { SpecialTokens = added.ToDictionary(token => token.Content, token => token.Id) };
        }

        string? begin = config.Boolean("add_bos_token") == false ? null : config.Token("bos_token", options.BeginToken);
        return options with { BeginToken = begin is not null && options.SpecialTokens.ContainsKey(begin) ? begin : null };
    }

    /// <summary>Loads the tokenizer of Qwen 1, which is a rank file.</summary>
    public static Tokenizer LoadQwen(string folder, TokenizerConfig config) =>
        TiktokenRanks.Parse(VocabularyFile.Read(folder, "qwen.tiktoken", out string path), path, out _);
}
