using Attune.Formats;
using Attune.Text;

namespace Attune.Cli.Models;

/// <summary>Tokenizers in any of the files that hold one.</summary>
internal static class AnyTokenizer
{
    /// <summary>Loads a model folder, tokenizer.json, vocab.txt, a SentencePiece .model file or the vocabulary of a GGUF file.</summary>
    public static Tokenizer Load(string path)
    {
        if (Directory.Exists(path))
        {
            return TokenizerFolder.Load(path);
        }

        switch (Path.GetExtension(path))
        {
            case ".json":
                return TokenizerJson.Load(path);
            case ".model":
                return SentencePieceModel.Load(path);
            case ".txt":
                return WordPieceVocabulary.Load(path);
            default:
                using (GgufFile file = GgufFile.Open(path))
                {
                    return TokenizerFiles.Load(file.ReadTokenizer() ?? throw new UsageException($"{path} has no tokenizer"), path);
                }
        }
    }
}
