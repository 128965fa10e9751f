using Attune.Data.Tokenization;
using Attune.Testing;
using Attune.Text;

namespace Attune.Data.Tests.Tokenization;

/// <summary>SmolLM2's tokenizer and chat template, from the reference values.</summary>
internal static class RealModel
{
    private static Tokenizer? _tokenizer;

    public static Tokenizer Tokenizer
    {
        get
        {
            string path = Goldens.Require("text", "tokenizers", "real", "smollm2.tokenizer.json.gz");
            return _tokenizer ??= TokenizerJson.Parse(Gunzip(path), path);
        }
    }

    public static ChatRenderer Chat
    {
        get
        {
            string path = Goldens.Require("text", "chat_templates", "templates", "smollm2.jinja");
            return new ChatRenderer(ChatTemplate.Parse(File.ReadAllText(path), path), "<|im_start|>", "<|im_end|>");
        }
    }

    public static RowTokenizer RowTokenizer(TokenizationOptions options) => new(Tokenizer, Chat, "<|im_end|>", options);

    public static byte[] Gunzip(string path)
    {
        using var gzip = new System.IO.Compression.GZipStream(File.OpenRead(path), System.IO.Compression.CompressionMode.Decompress);
        var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }
}
