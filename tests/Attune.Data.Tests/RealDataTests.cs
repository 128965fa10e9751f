using System.Text.Json;
using Attune.Data.Rows;
using Attune.Data.Tests.Tokenization;
using Attune.Data.Tokenization;
using Attune.Testing;

namespace Attune.Data.Tests;

/// <summary>Real data sets through the whole pipeline: format, shape, chat template, tokens.</summary>
[Trait("Category", "Golden")]
public sealed class RealDataTests
{
    private static readonly DataFileOptions Plain = new();
    private static readonly DataFileOptions TextAndLabel = new() { ColumnNames = ["text", "label"] };

    public static TheoryData<string, string, int> Recognised => new()
    {
        { "quotes_quotable/quotes.json.gz", "text", 2127 },
        { "alpaca_5000/alpaca_5000.json.gz", "alpaca", 5000 },
        { "llama_factory_demo/alpaca_en_demo.json.gz", "alpaca", 999 },
        { "llama_factory_demo/identity.json", "alpaca", 91 },
        { "llama_factory_demo/kto_en_demo.json.gz", "messages", 300 },
        { "llama_factory_demo/glaive_toolcall_en_demo.json.gz", "sharegpt", 300 },
        { "llama_factory_demo/c4_demo.jsonl.gz", "text", 300 },
        { "llama_factory_demo/wiki_demo.txt.gz", "text", 30 },
        { "llms_from_scratch/instruction-data.json.gz", "alpaca", 1100 },
        { "llms_from_scratch/instruction-data-with-preference.json.gz", "alpaca", 1100 },
        { "cuad_clauses/cuad_clauses.jsonl.gz", "text", 3891 },
        { "banking77/train.csv.gz", "text", 10003 },
    };

    [Theory]
    [MemberData(nameof(Recognised))]
    public void Sets_are_read_and_their_shape_recognised(string path, string shape, int rows)
    {
        DataReport report = Load(path, Plain with { OnBadRows = "skip", MaxBadRows = 1000 }, new ColumnOptions());
        Assert.Equal(shape, report.Files[0].Shape);
        Assert.Equal(rows, report.RowsRead);
        Assert.Equal(rows, report.RowsKept + report.RowsSkipped);
        if (shape == "sharegpt")
        {
            // SmolLM2's template does not write tool calls: those rows must not be learnt without them.
            Assert.StartsWith("the chat template does not write tool calls", Assert.Single(report.Skipped).Reason, StringComparison.Ordinal);
            Assert.InRange(report.RowsKept, 100, 299);
        }
        else
        {
            Assert.DoesNotContain(report.Skipped, group => group.Reason != "the row is empty");
            Assert.InRange(report.RowsSkipped, 0, rows / 100);
        }

        Assert.InRange(report.TrainedTokens, report.RowsKept, report.Tokens);
    }

    [Fact]
    public void Sets_with_other_columns_are_read_with_a_mapping()
    {
        Assert.Equal(500, Load("dialogsum/dialogsum.dev.jsonl.gz", Plain, new ColumnOptions { PromptColumn = "dialogue", CompletionColumn = "summary" }).RowsKept);
        Assert.Equal(500, Load("dialogsum/dialogsum.test.jsonl.gz", Plain, new ColumnOptions { PromptColumn = "dialogue", CompletionColumn = "summary1" }).RowsKept);
        Assert.Equal(1707, Load("imdb_counterfactual/orig/train.tsv.gz", Plain, new ColumnOptions { TextColumn = "Text" }).RowsKept);
        Assert.Equal(446, Load("legal_plain_english/all_v1.json.gz", Plain with { Field = "*" }, new ColumnOptions { PromptColumn = "original_text", CompletionColumn = "reference_summary" }).RowsKept);
        Assert.Equal(1000, Load("pubmedqa/ori_pqal.json.gz", Plain with { Field = "*" }, new ColumnOptions { PromptColumn = "QUESTION", CompletionColumn = "LONG_ANSWER" }).RowsKept);
        Assert.Equal(7600, Load("ag_news/test.csv.gz", Plain with { ColumnNames = ["class", "title", "description"] }, new ColumnOptions { PromptColumn = "title", CompletionColumn = "description" }).RowsKept);
        Assert.Equal(2888, Load("medical_abstracts/medical_tc_test.csv.gz", Plain, new ColumnOptions { TextColumn = "medical_abstract" }).RowsKept);
    }

    [Theory]
    [InlineData("train.tsv.gz", 6920)]
    [InlineData("dev.tsv", 872)]
    [InlineData("test.tsv.gz", 1821)]
    public void Sst2_has_no_header_and_plain_quotes(string file, int rows)
    {
        Assert.Equal(rows, Load("sst2/" + file, TextAndLabel with { Quoting = "none" }, new ColumnOptions()).RowsRead);
    }

    [Fact]
    public void A_story_is_one_document_or_many_lines()
    {
        Assert.Equal(1, Load("llms_from_scratch/the-verdict.txt", Plain with { SampleBy = "document" }, new ColumnOptions()).RowsKept);
        Assert.InRange(Load("llms_from_scratch/the-verdict.txt", Plain, new ColumnOptions()).RowsKept, 70, 165);
    }

    [Fact]
    public void What_is_learnt_of_an_instruction_is_its_answer_and_the_end_of_turn()
    {
        string path = Goldens.RequireData("llms_from_scratch", "instruction-data.json.gz");
        JsonElement rows = JsonElement.Parse(RealModel.Gunzip(path));
        TokenDataset data = TokenDataset.Load([new DataFile(path)], Plain, new ColumnOptions(), RealModel.RowTokenizer(new TokenizationOptions()), TestContext.Current.CancellationToken);
        Assert.Equal(rows.GetArrayLength(), data.Rows.Count);
        foreach ((JsonElement row, TokenRow tokens) in rows.EnumerateArray().Zip(data.Rows))
        {
            int[] learnt = [.. tokens.Labels.Where(label => label != TokenRow.NoLoss)];
            Assert.Equal(row.GetProperty("output").GetString() + "<|im_end|>", RealModel.Tokenizer.Decode(learnt));
            Assert.Equal(learnt, tokens.InputIds[^(learnt.Length + 1)..^1]);
        }
    }

    private static DataReport Load(string path, DataFileOptions options, ColumnOptions columns) => TokenDataset.Load(
        [new DataFile(Goldens.RequireData(path.Split('/')))], options, columns, RealModel.RowTokenizer(new TokenizationOptions { MaxLength = 8192 }), TestContext.Current.CancellationToken).Report;
}
