using Attune.Text.AddedTokens;
using Attune.Text.Patterns;

namespace Attune.Text.Files;

/// <summary>Folders with a SentencePiece model, or with a tiktoken rank file under its name.</summary>
internal static class SentencePieceFolder
{
    /// <summary>Loads a tokenizer whose texts begin with a token, as Llama's.</summary>
    public static Tokenizer LoadLlama(string folder, TokenizerConfig config)
    {
        string path = Path.Combine(folder, "tokenizer.model");
        byte[] content = File.ReadAllBytes(path);
        return IsRankFile(content)
            ? TiktokenRanks.Parse(content, path, new TiktokenOptions(Cl100kPattern.ThreeDigits) { SpecialTokens = config.AddedTokens().ToDictionary(token => token.Content, token => token.Id) })
            : SentencePieceModel.Parse(
                content,
                path,
                new SentencePieceOptions { AddBegin = config.Boolean("add_bos_token") ?? true, AddEnd = config.Boolean("add_eos_token") ?? false },
                config.AddedTokens());
    }

    /// <summary>Loads a tokenizer whose texts end with a token, as T5's.</summary>
    public static Tokenizer LoadT5(string folder, TokenizerConfig config)
    {
        string path = Path.Combine(folder, "spiece.model");
        List<AddedToken> added = config.AddedTokens();
        return SentencePieceModel.Parse(File.ReadAllBytes(path), path, new SentencePieceOptions { AddEnd = true }, added);
    }

    /// <summary>Whether a file is one of Llama 3's, which are rank files: text in base64 from its first byte on. A SentencePiece model starts with a tag of its first piece.</summary>
    private static bool IsRankFile(byte[] content) => content.Length > 0 && (char.IsAsciiLetterOrDigit((char)content[0]) || content[0] is (byte)'+' or (byte)'/');
}
