using System.Text.Json;
using Attune.Data.Batching;
using Attune.Data.Tokenization;
using Attune.Testing;

namespace Attune.Data.Tests.Batching;

[Trait("Category", "Golden")]
public sealed class TrainerGoldenTests
{
    public static TheoryData<string> Runs => Goldens.Folders("training/trainer");

    [Theory]
    [MemberData(nameof(Runs))]
    public void Micro_batches_have_the_rows_that_the_reference_trainer_gave_them(string run)
    {
        JsonElement recorded = Json(Goldens.Require("training", "trainer", run, "run.json"));
        JsonElement arguments = recorded.GetProperty("arguments");
        string packed = Path.Combine(Goldens.Root, "training", "trainer", run, "packed.json");
        string rowsFile = Path.Combine(Goldens.Root, "training", "trainer", run, "rows.json");
        TokenRow[] rows = File.Exists(packed) ? TokenRows(packed) : File.Exists(rowsFile) ? TokenRows(rowsFile) : TokenRows(Goldens.Require("training", "trainer", "causal_lm", "rows.json"));
        var loader = new DataLoader(
            rows,
            new BatchOptions
            {
                PerDeviceTrainBatchSize = arguments.GetProperty("per_device_train_batch_size").GetInt32(),
                GradientAccumulationSteps = arguments.GetProperty("gradient_accumulation_steps").GetInt32(),
                TrainSamplingStrategy = "sequential",
            },
            1024);

        // The record also has evaluation batches, whose rows are no training rows, and a last batch that was fetched ahead and not trained on.
        int[][] expected = [.. recorded.GetProperty("micro_batches_rows").EnumerateArray().Select(Ints).Where(batch => batch.All(row => row < rows.Length))];
        var cursor = default(DataCursor);
        int at = 0;
        int step = 0;
        while (at < expected.Length)
        {
            long trained = 0;
            foreach (Batch batch in loader.ReadStep(ref cursor))
            {
                if (at < expected.Length)
                {
                    Assert.Equal(expected[at++], batch.Rows.ToArray());
                }

                trained += batch.TrainedTokens;
            }

            if (recorded.TryGetProperty("tokens_per_step", out JsonElement divisors) && step < divisors.GetArrayLength())
            {
                Assert.Equal(divisors[step].GetInt64(), trained);
            }

            step++;
        }
    }

    [Fact]
    public void Best_fit_packs_and_their_flat_batches_equal_the_reference()
    {
        TokenRow[] rows = TokenRows(Goldens.Require("training", "trainer", "sft_packed", "rows.json"));
        JsonElement[] packs = [.. Json(Goldens.Require("training", "trainer", "sft_packed", "packed.json")).EnumerateArray()];
        int maxLength = Json(Goldens.Require("training", "trainer", "sft_packed", "run.json")).GetProperty("max_length").GetInt32();
        var options = new BatchOptions { PerDeviceTrainBatchSize = 1, Packing = true, TrainSamplingStrategy = "sequential" };
        var loader = new DataLoader(rows, options, maxLength);
        Assert.Equal(packs.Length, loader.ItemsPerEpoch);
        var cursor = default(DataCursor);
        foreach (JsonElement pack in packs)
        {
            Batch batch = loader.ReadStep(ref cursor)[0];
            Assert.Equal(Ints(pack.GetProperty("input_ids")), batch.InputIds.ToArray());
            Assert.Equal(Ints(pack.GetProperty("seq_lengths")), batch.Rows.ToArray().Select(row => rows[row].Length));
            Assert.Equal(Ints(pack.GetProperty("labels")), batch.Rows.ToArray().SelectMany(row => rows[row].Labels));
        }

        loader = new DataLoader(rows, options with { PerDeviceTrainBatchSize = 2 }, maxLength);
        cursor = default;
        foreach (JsonElement expected in Json(Goldens.Require("training", "trainer", "sft_packed", "first_batches.json")).EnumerateArray())
        {
            Batch batch = loader.ReadStep(ref cursor)[0];
            Assert.Equal(Ints(expected.GetProperty("input_ids")[0]), batch.InputIds.ToArray());
            Assert.Equal(Ints(expected.GetProperty("labels")[0]), batch.Labels.ToArray());
            Assert.Equal(Ints(expected.GetProperty("position_ids")[0]), batch.PositionIds.ToArray());
            Assert.Equal(Ints(expected.GetProperty("cu_seq_lens_q")), batch.SequenceStarts.ToArray());
            Assert.Equal(expected.GetProperty("max_length_q").GetInt32(), batch.LongestSequence);
        }
    }

    /// <summary>Token rows; rows of tasks without a label per token get their ids.</summary>
    private static TokenRow[] TokenRows(string path) => [.. Json(path).EnumerateArray().Select(row =>
    {
        int[] ids = Ints(row.GetProperty("input_ids"));
        bool aligned = row.TryGetProperty("labels", out JsonElement labels) && labels.ValueKind == JsonValueKind.Array && labels.GetArrayLength() == ids.Length;
        return new TokenRow(ids, aligned ? Ints(labels) : ids);
    })];

    private static int[] Ints(JsonElement array) => [.. array.EnumerateArray().Select(item => item.GetInt32())];

    private static JsonElement Json(string path) => JsonElement.Parse(File.ReadAllBytes(path));
}
