using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Stagedoor.Http;
using Stagedoor.Serve;
using Xunit;

namespace Stagedoor.Tests.Architecture;

/// <summary>One key ring seals for the whole installation, so the host sets it up: two that set it up differently open nothing of each other's.</summary>
public sealed class ProtectionTests
{
    public static TheoryData<string> Names => [.. Modules.All.Select(static m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void No_module_sets_up_what_seals_for_all_of_them(string name)
    {
        var configuration = new ConfigurationBuilder().Build();
        var services = new ServiceCollection();
        services.AddSingleton(new ModuleSet(Modules.All, configuration));

        Modules.All.Single(m => m.Name == name).Add(services, configuration);

        Assert.DoesNotContain(services, static s => s.ServiceType == typeof(IDataProtectionProvider));
    }
}
