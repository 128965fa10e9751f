using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Attune.Text.AddedTokens;
using Attune.Text.Decoders;
using Attune.Text.Json;
using Attune.Text.Models;
using Attune.Text.Normalizers;
using Attune.Text.Pipeline;
using Attune.Text.PostProcessors;
using Attune.Text.PreTokenizers;

namespace Attune.Text;

/// <summary>Reads and writes <c>tokenizer.json</c>, the format of Hugging Face tokenizers.</summary>
public static class TokenizerJson
{
    private static readonly string[] Kept = ["truncation", "padding"];

    /// <summary>Reads a file; its members <c>truncation</c> and <c>padding</c> become <see cref="Tokenizer.SavedOptions"/>.</summary>
    /// <exception cref="TextException">The file is not a tokenizer.json, or names a component that is not known.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static Tokenizer Load(string path) => Parse(File.ReadAllBytes(path), path);

    /// <summary>Reads the content of a file; its members <c>truncation</c> and <c>padding</c> become <see cref="Tokenizer.SavedOptions"/>.</summary>
    /// <param name="utf8">The content.</param>
    /// <param name="nameForErrors">What errors call the file.</param>
    /// <exception cref="TextException">The content is not a tokenizer.json, or names a component that is not known.</exception>
    public static Tokenizer Parse(ReadOnlyMemory<byte> utf8, string nameForErrors)
    {
        using JsonDocument document = ParseDocument(utf8, nameForErrors);
        JsonView json = JsonView.Root(document, nameForErrors);
        ITokenizerModel model = KnownModels.All.Read(json["model"]);
        INormalizer? normalizer = ReadOptional(json["normalizer"], KnownNormalizers.All);
        JsonView addedTokens = json["added_tokens"];
        AddedToken[] added = addedTokens.IsAbsent ? [] : [.. addedTokens.Items().Select(AddedToken.Read)];
        return new PipelineTokenizer(new TokenizerParts(model, new AddedVocabulary(added, model.Vocabulary, normalizer, addedTokens.Place))
        {
            Normalizer = normalizer,
            PreTokenizer = ReadOptional(json["pre_tokenizer"], KnownPreTokenizers.All),
            PostProcessor = ReadOptional(json["post_processor"], KnownPostProcessors.All),
            Decoder = ReadOptional(json["decoder"], KnownDecoders.All),
            SavedOptions = SavedOptions.Read(json),
            Kept = Kept.Where(name => !json[name].IsAbsent).ToDictionary(name => name, name => json[name].Clone()),
        });
    }

    /// <summary>Writes a tokenizer as the content of a tokenizer.json.</summary>
    /// <exception cref="TextException">The tokenizer is not made of this project's parts.</exception>
    public static string Write(Tokenizer tokenizer)
    {
        if (tokenizer is not PipelineTokenizer { Parts: { } parts })
        {
            throw new TextException($"a {tokenizer.GetType().Name} cannot be written as tokenizer.json; expected a tokenizer that was read from tokenizer.json or built from a vocabulary");
        }

        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("version", "1.0");
            foreach (string name in Kept)
            {
                json.WritePropertyName(name);
                WriteKept(json, parts, name);
            }

            json.WriteStartArray("added_tokens");
            foreach (AddedToken token in parts.Added.Tokens)
            {
                token.Write(json);
            }

            json.WriteEndArray();
            WritePart(json, "normalizer", parts.Normalizer is { } normalizer ? normalizer.Write : null);
            WritePart(json, "pre_tokenizer", parts.PreTokenizer is { } preTokenizer ? preTokenizer.Write : null);
            WritePart(json, "post_processor", parts.PostProcessor is { } postProcessor ? postProcessor.Write : null);
            WritePart(json, "decoder", parts.Decoder is { } decoder ? decoder.Write : null);
            WritePart(json, "model", parts.Model.Write);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    internal static JsonDocument ParseDocument(ReadOnlyMemory<byte> utf8, string name)
    {
        try
        {
            return JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw new TextException($"{name}: expected JSON in UTF-8: {error.Message}", error);
        }
    }

    private static T? ReadOptional<T>(JsonView json, ComponentList<T> known)
        where T : class => json.IsAbsent ? null : known.Read(json);

    private static void WriteKept(Utf8JsonWriter json, TokenizerParts parts, string name)
    {
        if (parts.Kept.TryGetValue(name, out JsonElement value))
        {
            value.WriteTo(json);
        }
        else
        {
            json.WriteNullValue();
        }
    }

    private static void WritePart(Utf8JsonWriter json, string name, Action<Utf8JsonWriter>? write)
    {
        json.WritePropertyName(name);
        if (write is null)
        {
            json.WriteNullValue();
        }
        else
        {
            write(json);
        }
    }
}
