using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Stagedoor.Background.Jobs;

namespace Stagedoor.Images.Jobs;

/// <summary>Durable jobs.</summary>
internal static class JobServices
{
    public static void AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<ImagesJobs>();
        services.AddHostedService<JobUpkeep>();
    }

    /// <summary>Adds what does one kind of job, with a runner of its own: jobs of one kind do not wait for those of another.</summary>
    /// <param name="services">The services.</param>
    /// <param name="options">How its runner works; how often it looks for jobs is said by <c>Images:Jobs</c>.</param>
    public static void AddJob<THandler>(this IServiceCollection services, Func<IServiceProvider, JobRunnerOptions> options)
        where THandler : class, IJobHandler
    {
        services.AddSingleton<THandler>();
        // Not as AddHostedService does it, which takes one of a type only.
        services.AddSingleton<IHostedService>(provider => new JobRunner(
            provider.GetRequiredService<ImagesJobs>().Store,
            [provider.GetRequiredService<THandler>()],
            Configured(options(provider), provider),
            provider.GetRequiredService<IdSource>().NewId(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<THandler>>(),
            provider.GetService<IRecorder>()));
    }

    private static JobRunnerOptions Configured(JobRunnerOptions options, IServiceProvider provider)
    {
        options.PollInterval = TimeSpan.FromSeconds(provider.GetRequiredService<IOptions<ImagesOptions>>().Value.Jobs.PollSeconds);
        options.Faults = provider.GetService<IJobFaults>();
        return options;
    }
}
