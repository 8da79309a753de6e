using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
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
    /// <param name="options">How its runner works.</param>
    public static void AddJob<THandler>(this IServiceCollection services, Func<IServiceProvider, JobRunnerOptions> options)
        where THandler : class, IJobHandler
    {
        services.AddSingleton<THandler>();
        // Not as AddHostedService does it, which takes one of a type only.
        services.AddSingleton<IHostedService>(provider => new JobRunner(
            provider.GetRequiredService<ImagesJobs>().Store,
            [provider.GetRequiredService<THandler>()],
            options(provider),
            provider.GetRequiredService<IdSource>().NewId(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<THandler>>()));
    }
}
