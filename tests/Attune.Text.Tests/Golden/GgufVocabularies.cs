using Attune.Formats;

namespace Attune.Text.Tests.Golden;

/// <summary>Tokenizers built from GGUF files.</summary>
internal static class GgufVocabularies
{
    /// <summary>Builds the tokenizer of a file, which may be packed; skips the test when its model is not built yet.</summary>
    public static Tokenizer Load(string path)
    {
        if (!path.EndsWith(".gz", StringComparison.Ordinal))
        {
            return Build(path);
        }

        string unpacked = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".gguf");
        File.WriteAllBytes(unpacked, TextGoldens.Read(path));
        try
        {
            return Build(unpacked);
        }
        finally
        {
            File.Delete(unpacked);
        }
    }

    private static Tokenizer Build(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        GgufMetadata metadata = file.Metadata;
        return GgufVocabulary.Build(
            new GgufVocabularySource(metadata.GetString("tokenizer.ggml.model")!, metadata.GetStrings("tokenizer.ggml.tokens")!)
            {
                Pre = metadata.GetString("tokenizer.ggml.pre"),
                Merges = metadata.GetStrings("tokenizer.ggml.merges") ?? [],
                TokenTypes = metadata.GetInt32s("tokenizer.ggml.token_type"),
                Scores = metadata.GetSingles("tokenizer.ggml.scores"),
                BeginId = metadata.GetInt32("tokenizer.ggml.bos_token_id"),
                EndId = metadata.GetInt32("tokenizer.ggml.eos_token_id"),
                PadId = metadata.GetInt32("tokenizer.ggml.padding_token_id"),
            },
            Path.GetFileName(path));
    }
}
