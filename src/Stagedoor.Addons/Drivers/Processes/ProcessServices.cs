using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Stagedoor.Addons.Drivers.Processes;

/// <summary>Running add-ons as processes of this machine.</summary>
internal static class ProcessServices
{
    private const string Section = "Addons:Process";

    /// <summary>The driver process and its supervisor, where they are wanted.</summary>
    public static void AddProcesses(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ProcessOptions>().Bind(configuration.GetSection(Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<ProcessOptions>, ProcessOptionsValidator>();
        services.AddSingleton<IValidateOptions<ProcessOptions>, ProcessOptionsRules>();
        if (!bool.TryParse(configuration[$"{Section}:{nameof(ProcessOptions.Enabled)}"], out var isEnabled) || !isEnabled)
        {
            return;
        }

        services.AddSingleton(static provider => new ProcessPlaces(Path.Combine(Path.GetFullPath(provider.GetRequiredService<IConfiguration>()["Data"] ?? "data"), "processes")));
        services.AddSingleton<SupervisorLink>();
        services.AddHostedService(static provider => provider.GetRequiredService<SupervisorLink>());
        services.AddSingleton<ProcessDriver>();
        services.AddSingleton<IClusterDriver>(static provider => provider.GetRequiredService<ProcessDriver>());
    }

    /// <summary>Refuses to run processes beside others who would run them too.</summary>
    /// <exception cref="OptionsValidationException">The database is shared.</exception>
    public static void Require(IServiceProvider services, AddonsDb db)
    {
        if (services.GetRequiredService<IOptions<ProcessOptions>>().Value.Enabled && db.IsShared)
        {
            throw new OptionsValidationException(
                Section,
                typeof(ProcessOptions),
                ["Addons:Process:Enabled: several servers may share this database (PostgreSQL), and each would run the processes of all. Turn it off, or keep the add-ons in SQLite."]);
        }
    }
}
