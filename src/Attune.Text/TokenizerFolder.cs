using Attune.Text.Files;

namespace Attune.Text;

/// <summary>Loads the tokenizer of a Hugging Face model folder, whichever files it has.</summary>
public static class TokenizerFolder
{
    /// <summary>Loads <c>tokenizer.json</c>, or else the vocabulary files that the class in <c>tokenizer_config.json</c> or <c>config.json</c> asks for.</summary>
    /// <param name="folder">The folder.</param>
    /// <exception cref="TextException">There is no tokenizer, its class is not known, or a file is damaged.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static Tokenizer Load(string folder)
    {
        string json = Path.Combine(folder, "tokenizer.json");
        if (File.Exists(json))
        {
            return TokenizerJson.Load(json);
        }

        using TokenizerConfig config = TokenizerConfig.Load(folder);
        return KnownTokenizerClasses.Load(folder, config);
    }
}
