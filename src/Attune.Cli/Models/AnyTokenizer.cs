using Attune.Formats;
using Attune.Text;

namespace Attune.Cli.Models;

/// <summary>A tokenizer of any of the files that hold one.</summary>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Kind">What it was made of, for people.</param>
internal sealed record AnyTokenizer(Tokenizer Tokenizer, string Kind)
{
    private const string Kinds =
        "a model folder, tokenizer.json, vocab.txt, a SentencePiece model (.model, .spm), a tiktoken rank file (.tiktoken, .model) or a GGUF file";

    /// <summary>Files that say nothing without the others of their folder.</summary>
    private static readonly string[] Parts =
        ["vocab.json", "merges.txt", "target_vocab.json", "added_tokens.json", "special_tokens_map.json", "tokenizer_config.json", "config.json"];

    /// <summary>Loads a model folder or a file; GGUF files are known by their first bytes, others by their extension.</summary>
    /// <exception cref="UsageException">There is nothing, or it is of no kind that holds a tokenizer.</exception>
    /// <exception cref="TextException">It is damaged.</exception>
    public static AnyTokenizer Load(string path)
    {
        if (Directory.Exists(path))
        {
            return LoadFolder(path);
        }

        if (!File.Exists(path))
        {
            throw new UsageException($"{path}: there is no such file or folder; expected {Kinds}");
        }

        if (GitLfsPointer.IsAt(path))
        {
            throw new UsageException($"{path}: {GitLfsPointer.Message}");
        }

        if (Parts.Contains(Path.GetFileName(path)))
        {
            throw new UsageException($"{path}: expected {Kinds}; found one of several files of a tokenizer; give their folder");
        }

        string extension = Path.GetExtension(path).ToLowerInvariant();
        return (GgufFile.HasMagic(path), extension) switch
        {
            (true, _) => LoadGguf(path),
            (_, ".json") => new AnyTokenizer(TokenizerJson.Load(path), "tokenizer.json"),
            (_, ".txt") => new AnyTokenizer(WordPieceVocabulary.Load(path), "WordPiece vocabulary"),
            (_, ".model" or ".spm" or ".tiktoken") => LoadPieces(path, extension),
            (_, "") => throw new UsageException($"{path}: expected {Kinds}; it has no extension, and does not begin as GGUF files do"),
            (_, ".gguf") => throw new UsageException($"{path}: expected {Kinds}; the file does not begin as GGUF files do"),
            _ => throw new UsageException($"{path}: expected {Kinds}; '{extension}' is the extension of none of them"),
        };
    }

    private static AnyTokenizer LoadFolder(string folder)
    {
        IReadOnlyList<string> files = HuggingFaceTokenizerSource.FilesIn(folder);
        string[] ggufs = files.Count > 0 ? [] : Directory.GetFiles(folder, "*.gguf");
        return ggufs.Length switch
        {
            0 => new AnyTokenizer(TokenizerFolder.Load(folder), string.Join(", ", files)),
            1 => LoadGguf(ggufs[0]),
            _ => throw new UsageException($"{folder}: expected one GGUF file, found {string.Join(", ", ggufs.Select(Path.GetFileName).Order(StringComparer.Ordinal))}; name one of them"),
        };
    }

    private static AnyTokenizer LoadGguf(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        GgufTokenizerSource source = file.ReadTokenizer() ?? throw new UsageException($"{path}: the GGUF file has no tokenizer; give the model's own");
        return new AnyTokenizer(TokenizerFiles.Load(source, path), $"GGUF vocabulary ({source.Model}{(source.Pre is { } pre ? ", " + pre : "")})");
    }

    private static AnyTokenizer LoadPieces(string path, string extension)
    {
        byte[] content = File.ReadAllBytes(path);
        return extension == ".tiktoken" || TiktokenRanks.IsRankFile(content)
            ? new AnyTokenizer(TiktokenRanks.Parse(content, path, out string vocabulary), $"tiktoken ranks ({vocabulary})")
            : new AnyTokenizer(SentencePieceModel.Parse(content, path), "SentencePiece model");
    }
}
