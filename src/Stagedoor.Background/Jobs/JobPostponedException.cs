namespace Stagedoor.Background.Jobs;

#pragma warning disable CA1032 // It says when, and nothing else.
/// <summary>
/// What a handler throws while something else has to happen before its job: the job gives its place to others and is begun again later. The attempt does not count. To wait within an
/// attempt would keep what is waited for from its turn, where all places are taken by those who wait.
/// </summary>
/// <param name="delay">How long until the job is looked at again.</param>
public sealed class JobPostponedException(TimeSpan delay) : Exception($"It is looked at again in {delay}.")
#pragma warning restore CA1032
{
    public TimeSpan Delay { get; } = delay;
}
