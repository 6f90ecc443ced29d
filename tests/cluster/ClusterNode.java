import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.opensearch.Version;
import org.opensearch.analysis.common.CommonAnalysisModulePlugin;
import org.opensearch.common.settings.Settings;
import org.opensearch.env.Environment;
import org.opensearch.node.InternalSettingsPreparer;
import org.opensearch.node.Node;
import org.opensearch.painless.PainlessModulePlugin;
import org.opensearch.plugins.Plugin;
import org.opensearch.plugins.PluginInfo;
import org.opensearch.transport.Netty4ModulePlugin;

/**
 * One OpenSearch node, made of the published artifacts. The arguments are its settings, each {@code name=value}.
 *
 * <p>With {@code -Dleash=true} the node ends with its standard input: a node never outlives the tests that started it.
 */
public final class ClusterNode extends Node {
  private static final List<Class<? extends Plugin>> MODULES =
      List.of(Netty4ModulePlugin.class, CommonAnalysisModulePlugin.class, PainlessModulePlugin.class);

  private ClusterNode(Environment environment, Collection<PluginInfo> modules) {
    super(environment, modules, false);
  }

  private static PluginInfo describe(Class<? extends Plugin> module) {
    String name = module.getName();
    return new PluginInfo(
        module.getSimpleName(), name, Version.CURRENT.toString(), Version.CURRENT, "21", name, null, List.of(), false);
  }

  private static void endWithStandardInput() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException closed) {
      // Closed is ended too.
    }
    Runtime.getRuntime().halt(0);
  }

  private static void close(Node node) {
    try {
      node.close();
    } catch (IOException problem) {
      problem.printStackTrace();
    }
  }

  public static void main(String[] arguments) throws Exception {
    if (Boolean.getBoolean("leash")) {
      Thread.ofPlatform().daemon().start(ClusterNode::endWithStandardInput);
    }
    Settings.Builder given = Settings.builder();
    for (String argument : arguments) {
      String[] pair = argument.split("=", 2);
      given.put(pair[0], pair[1]);
    }
    Settings settings = given.build();
    Environment environment =
        InternalSettingsPreparer.prepareEnvironment(settings, Map.of(), null, () -> settings.get("node.name"));
    Node node = new ClusterNode(environment, MODULES.stream().map(ClusterNode::describe).toList());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node)));
    node.start();
    new CountDownLatch(1).await();
  }
}
