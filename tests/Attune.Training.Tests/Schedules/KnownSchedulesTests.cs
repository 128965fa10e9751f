using Attune.Training.Schedules;

namespace Attune.Training.Tests.Schedules;

public sealed class KnownSchedulesTests
{
    [Fact]
    public void Every_schedule_is_in_the_list_once()
    {
        IEnumerable<Type> implementers = typeof(Schedule).Assembly.GetTypes().Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(Schedule)));
        var context = new ScheduleContext(1, 2, 10, new SchedulerOptions { NumDecaySteps = 1, MinLrRate = 0.1 });
        Assert.Equal(
            implementers.Select(type => type.Name).Order(),
            KnownSchedules.All.Select(kind => kind.Create(context).GetType().Name).Order());
        Assert.Equal(KnownSchedules.All.Count, KnownSchedules.All.Select(kind => kind.Key).Distinct().Count());
    }

    [Theory]
    [InlineData("cosin", "lr_scheduler_type 'cosin' is not known")]
    [InlineData("linear", "'power' was given, but the schedule 'linear' has no settings")]
    [InlineData("cosine", "reads only num_cycles")]
    [InlineData("cosine_with_min_lr", "reads only num_cycles, min_lr, min_lr_rate")]
    public void Unknown_keys_and_settings_are_named(string key, string expected)
    {
        var context = new ScheduleContext(1e-3, 0, 10, new SchedulerOptions { Power = 2 });
        Assert.Contains(expected, Assert.Throws<TrainingException>(() => KnownSchedules.Create(key, context)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ratio_gives_the_warm_up_rounded_up_and_steps_go_before_it()
    {
        var options = new OptimizerOptions { LearningRate = 1, WarmupRatio = 0.05, LrSchedulerType = "constant_with_warmup" };
        Schedule schedule = options.CreateSchedule(totalSteps: 30);
        Assert.Equal([0, 0.5, 1], [schedule.LearningRate(0), schedule.LearningRate(1), schedule.LearningRate(2)]);
        schedule = (options with { WarmupSteps = 4 }).CreateSchedule(totalSteps: 30);
        Assert.Equal(0.25, schedule.LearningRate(1));
    }
}
