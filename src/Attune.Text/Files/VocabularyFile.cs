namespace Attune.Text.Files;

/// <summary>The files that hold the vocabulary of a folder without tokenizer.json.</summary>
internal static class VocabularyFile
{
    /// <summary>Reads a file of a folder.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="name">Its name.</param>
    /// <param name="path">Its path, for errors about its content.</param>
    /// <exception cref="TextException">It is not there.</exception>
    public static byte[] Read(string folder, string name, out string path)
    {
        path = Path.Combine(folder, name);
        return File.Exists(path)
            ? File.ReadAllBytes(path)
            : throw new TextException($"{folder}: there is no tokenizer.json, and the tokenizer's class needs {name}, which is not there either; fetch it from where the model comes from");
    }
}
