using System.Text.Json.Nodes;
using Attune.Testing;
using Attune.Text.Decoders;

namespace Attune.Text.Tests.Golden;

/// <summary>Vectors of Hugging Face tokenizers for the vocabularies of the shared data.</summary>
[Trait("Category", "Golden")]
public class HuggingFaceVectorTests
{
    private const string Vectors = "tokenizer_vectors";

    [Theory]
    [InlineData("bert-base-uncased")]
    [InlineData("gpt2")]
    [InlineData("llama2")]
    [InlineData("t5-base")]
    public void Encodes_and_decodes_as_the_reference(string name)
    {
        JsonNode all = JsonNode.Parse(TextGoldens.Read(Goldens.RequireData(Vectors, "hf", "tokenizer_tests.first_half.json")))!;
        Tokenizer tokenizer = name switch
        {
            "bert-base-uncased" => RealTokenizers.Load("minilm"),
            "gpt2" => RealTokenizers.Load("gpt2"),
            "llama2" => SentencePieceModel.Parse(TextGoldens.Read(Goldens.RequireData("tokenizers", "llama2", "tokenizer.model.gz")), name, new SentencePieceOptions { AddBegin = true }),
            _ => SentencePieceModel.Parse(TextGoldens.Read(Goldens.RequireData("tokenizers", "t5", "spiece.model.gz")), name, new SentencePieceOptions { AddEnd = true }),
        };
        foreach (JsonNode? row in all[name]!.AsArray())
        {
            string input = (string)row!["input"]!;

            // The vectors of T5 were made by a tokenizer that takes line breaks for unknown characters.
            if (name == "t5-base" && input.Contains('\n', StringComparison.Ordinal))
            {
                continue;
            }

            int[] ids = TextGoldens.Ints(row["encoded"]!["input_ids"]);
            Assert.True(ids.SequenceEqual(tokenizer.Encode(input, addSpecialTokens: true).Ids), $"ids of '{input}'");
            Assert.Equal((string)row["decoded_with_special"]!, CleanUp(tokenizer.Decode(ids)));
            Assert.Equal((string)row["decoded_without_special"]!, CleanUp(tokenizer.Decode(ids, skipSpecialTokens: true)));
        }

        // The vectors of these two were decoded by a library that takes blanks before punctuation away afterwards.
        string CleanUp(string text) => name is "bert-base-uncased" or "gpt2" ? WordPieceDecoder.CleanUp(text) : text;
    }

    [Fact]
    public void Encodes_the_questions_of_SQuAD_as_BERT()
    {
        string path = Goldens.RequireData(Vectors, "hf", "bert_uncased_squad_questions.first_half.jsonl.gz");
        Tokenizer tokenizer = RealTokenizers.Load("minilm");
        foreach (JsonNode row in TextGoldens.Lines(path))
        {
            Encoding encoding = tokenizer.Encode((string)row["text"]!);
            Assert.Equal(TextGoldens.Ints(row["ids"]), encoding.Ids);
            Assert.Equal(row["wordpiece"]!.AsArray().Select(piece => (string)piece!), encoding.Ids.Select(id => tokenizer.IdToToken(id)!));
        }
    }

    [Theory]
    [InlineData("bert_uncased_encoded.json", "minilm")]
    [InlineData("gpt2_encoded_tokens.json", "gpt2")]
    public void Encodes_a_long_text_of_many_languages(string file, string name)
    {
        JsonNode row = JsonNode.Parse(TextGoldens.Read(Goldens.RequireData(Vectors, "hf", file)))!;
        int[] ids = TextGoldens.Ints(row["token_ids"]);
        Tokenizer tokenizer = RealTokenizers.Load(name);
        Assert.Equal(ids, tokenizer.Encode((string)row["text"]!, addSpecialTokens: tokenizer.IsSpecial(ids[0])).Ids);
    }
}
