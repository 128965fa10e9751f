using System.Text.Json;
using Attune.Testing;
using Attune.Training.Schedules;

namespace Attune.Training.Tests.Schedules;

[Trait("Category", "Golden")]
public sealed class ScheduleGoldenTests
{
    private const double Tolerance = 1e-12;

    public static TheoryData<string> Cases
    {
        get
        {
            string path = Path.Combine(Goldens.Root, "training", "optimizers", "schedules.json");
            if (!File.Exists(path))
            {
                return [Goldens.None];
            }

            using JsonDocument document = GoldenArrays.Json(path);
            return [.. document.RootElement.GetProperty("schedules").EnumerateObject().Select(schedule => schedule.Name)];
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_rate_of_every_step(string name)
    {
        using JsonDocument document = Open();
        JsonElement golden = document.RootElement.GetProperty("schedules").GetProperty(name);
        var context = new ScheduleContext(
            document.RootElement.GetProperty("base_lr").GetDouble(),
            document.RootElement.GetProperty("num_warmup_steps").GetInt64(),
            document.RootElement.GetProperty("num_training_steps").GetInt64(),
            golden.GetProperty("kwargs").Deserialize<SchedulerOptions>(GoldenRun.Names)!);
        Schedule schedule = KnownSchedules.Create(golden.GetProperty("type").GetString()!, context);
        double[] expected = golden.GetProperty("lr").Doubles();
        for (int step = 0; step < expected.Length; step++)
        {
            Assert.Equal(expected[step], schedule.LearningRate(step), Tolerance);
        }
    }

    [Fact]
    public void The_rate_after_every_evaluation_also_across_a_restart()
    {
        using JsonDocument document = Open();
        JsonElement golden = document.RootElement.GetProperty("reduce_lr_on_plateau");
        var context = new ScheduleContext(document.RootElement.GetProperty("base_lr").GetDouble(), 0, 100, new SchedulerOptions
        {
            Factor = golden.GetProperty("factor").GetDouble(),
            Patience = golden.GetProperty("patience").GetInt32(),
            Threshold = golden.GetProperty("threshold").GetDouble(),
            ThresholdMode = golden.GetProperty("threshold_mode").GetString(),
            Cooldown = golden.GetProperty("cooldown").GetInt32(),
            MinLr = golden.GetProperty("min_lr").GetDouble(),
        });
        Schedule schedule = KnownSchedules.Create("reduce_lr_on_plateau", context);
        foreach ((double metric, double expected) in golden.GetProperty("metrics").Doubles().Zip(golden.GetProperty("lr_after_each").Doubles()))
        {
            IReadOnlyList<double> state = schedule.State;
            schedule = KnownSchedules.Create("reduce_lr_on_plateau", context);
            schedule.State = state;
            schedule.Observe(metric);
            Assert.Equal(expected, schedule.LearningRate(0), Tolerance);
        }
    }

    private static JsonDocument Open() => GoldenArrays.Json(Goldens.Require("training", "optimizers", "schedules.json"));
}
